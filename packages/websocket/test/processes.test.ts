import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { startProxy, type TestProxy } from "@ashlar/core/testing/proxy"
import { buildProgram, type ProgramRuntime, type Running, startProgram } from "@ashlar/http/testing/runtimes"
import { findBusServers } from "../src/testing/bus-servers.ts"
import { Client } from "./client.ts"

/** Two processes over one real bus, on two runtimes. */

const program = await buildProgram(join(import.meta.dir, "sockets-serve.ts"))
const servers = await findBusServers()
afterAll(() => program.dispose())

const pairs: [bus: "Redis" | "NATS", here: ProgramRuntime["name"], there: ProgramRuntime["name"]][] = [
  ["Redis", "bun", "node"],
  ["Redis", "deno", "bun"],
  ["NATS", "node", "deno"],
]

for (const [bus, nameHere, nameThere] of pairs) {
  const server = servers.find(({ name }) => name === bus)
  const [here, there] = [nameHere, nameThere].map((name) => program.runtimes.find((one) => one.name === name)!)
  if (server === undefined || here!.command === undefined || there!.command === undefined) continue
  describe(`a process on ${nameHere} and one on ${nameThere}, over ${bus}`, () => {
    let proxy: TestProxy
    let env: Record<string, string>
    let one: Running
    let two: Running
    const clients: Client[] = []
    const others: Running[] = []
    let room = "lobby"
    const enter = async (app: Running, user: string, at = room): Promise<Client> => {
      const client = await Client.enter(app.url, user, at)
      clients.push(client)
      return client
    }
    const start = async (runtime: ProgramRuntime, more: Record<string, string> = {}): Promise<Running> => {
      const app = await startProgram(runtime, { ...env, ...more })
      others.push(app)
      return app
    }
    const membersAt = async (app: Running): Promise<string[]> =>
      (await fetch(`${app.url}/rooms/${room}/members`)).json() as Promise<string[]>

    beforeAll(async () => {
      proxy = await startProxy(server.port)
      const url = `${bus.toLowerCase()}://127.0.0.1:${proxy.port}?prefix=ashlar-test`
      env = { BUS_URL: url, HUB_NAME: crypto.randomUUID() }
      ;[one, two] = await Promise.all([startProgram(here!, env), startProgram(there!, env)])
    })
    afterEach(async () => {
      for (const client of clients.splice(0)) client.raw.destroy()
      for (const app of others.splice(0)) app.signal("SIGKILL")
      room = crypto.randomUUID()
    })
    afterAll(async () => {
      for (const app of [one, two]) app.signal("SIGKILL")
      await proxy.close()
    })

    test("carry what is said in a room to all who are in it, once and in order", async () => {
      const [ana, bob, eve] = [await enter(one, "ana"), await enter(two, "bob"), await enter(two, "eve", "elsewhere")]
      for (let index = 0; index < 100; index++) ana.say({ do: "say", room, text: `${index}` })
      for (const client of [ana, bob])
        for (let index = 0; index < 100; index++)
          expect(await client.next()).toEqual({ event: "said", text: `${index}` })
      bob.say({ do: "others", room, text: "back" })
      expect(await ana.next()).toEqual({ event: "said", text: "back" })
      for (const client of [bob, eve]) expect(await client.heardByNow()).toEqual([])
    })
    test("carry what is said to everybody", async () => {
      const [ana, bob] = [await enter(one, "ana"), await enter(two, "bob", "elsewhere")]
      bob.say({ do: "all others", text: "hear" })
      expect(await ana.next()).toEqual({ event: "all", text: "hear" })
      ana.say({ do: "all", text: "hear too" })
      for (const client of [ana, bob]) expect(await client.next()).toEqual({ event: "all", text: "hear too" })
    })
    test("carry what a handler says in a process that has nobody in the room", async () => {
      const ana = await enter(one, "ana")
      await fetch(`${two.url}/rooms/${room}`, { method: "POST", body: "from afar" })
      expect(await ana.next()).toEqual({ event: "said", text: "from afar" })
    })
    test("carry bytes as they are", async () => {
      const headers = { origin: "https://app.example.com" }
      const [ana, bob] = await Promise.all([one, two].map((app) => Client.connect(`${app.url}/raw`, { headers })))
      clients.push(ana!, bob!)
      await Bun.sleep(100) // its room has no welcome
      const payload = Uint8Array.from({ length: 256 }, (_, index) => index)
      ana!.raw.send({ opcode: 2, payload })
      const frame = (await bob!.raw.next())!
      expect([frame.opcode, Buffer.from(payload).equals(frame.payload)]).toEqual([2, true])
    })
    test("close a room with everybody in it", async () => {
      const all = [await enter(one, "ana"), await enter(two, "bob")]
      await fetch(`${one.url}/rooms/${room}`, { method: "DELETE" })
      for (const client of all) expect(await client.raw.closeCode()).toBe(4003)
    })

    describe("know who is there", () => {
      test("and see others come and go", async () => {
        const [ana, bob] = [await enter(one, "ana"), await enter(two, "bob")]
        await ana.ask({ do: "join", room, shows: "Ana" }, "joined")
        await bob.ask({ do: "join", room, shows: "Bob" }, "joined")
        await ana.hears({ event: "came", text: "Bob" })
        for (const app of [one, two]) expect(await membersAt(app)).toEqual(["Ana", "Bob"])
        for (const client of [ana, bob])
          expect((await client.ask({ do: "members", room }, "members")).list).toEqual(["Ana", "Bob"])
        bob.raw.destroy()
        await ana.hears({ event: "went", text: "Bob" })
        for (const app of [one, two]) expect(await membersAt(app)).toEqual(["Ana"])
      })
      test("also a process that starts later, and one that has nobody there", async () => {
        const ana = await enter(one, "ana")
        await ana.ask({ do: "join", room, shows: "Ana" }, "joined")
        const third = await start(there!)
        expect(await membersAt(third)).toEqual(["Ana"])
        const cleo = await enter(third, "cleo")
        await cleo.ask({ do: "join", room, shows: "Cleo" }, "joined")
        await ana.hears({ event: "came", text: "Cleo" })
        for (const app of [one, two, third]) expect(await membersAt(app)).toEqual(["Ana", "Cleo"])
      })
      test("and forget who was in a process that was killed", async () => {
        const ana = await enter(one, "ana")
        await ana.ask({ do: "join", room, shows: "Ana" }, "joined")
        const third = await start(there!)
        const cleo = await enter(third, "cleo")
        await cleo.ask({ do: "join", room, shows: "Cleo" }, "joined")
        await ana.hears({ event: "came", text: "Cleo" })
        third.signal("SIGKILL")
        const began = performance.now()
        await ana.hears({ event: "went", text: "Cleo" })
        expect(performance.now() - began).toBeGreaterThan(300) // nobody said goodbye
        expect(await membersAt(one)).toEqual(["Ana"])
      })
      test("and hear at once of a process that stops", async () => {
        const ana = await enter(one, "ana")
        await ana.ask({ do: "join", room, shows: "Ana" }, "joined")
        const third = await start(there!)
        const cleo = await enter(third, "cleo")
        await cleo.ask({ do: "join", room, shows: "Cleo" }, "joined")
        third.signal("SIGTERM")
        await cleo.raw.closeCode()
        cleo.raw.destroy()
        await ana.hears({ event: "went", text: "Cleo" })
        expect(await third.exited).toBe(0)
      })
      test("and take back a process that was only asleep", async () => {
        const ana = await enter(one, "ana")
        await ana.ask({ do: "join", room, shows: "Ana" }, "joined")
        const third = await start(there!)
        const cleo = await enter(third, "cleo")
        await cleo.ask({ do: "join", room, shows: "Cleo" }, "joined")
        third.signal("SIGSTOP")
        await ana.hears({ event: "went", text: "Cleo" })
        third.signal("SIGCONT")
        await ana.hears({ event: "came", text: "Cleo" })
        for (const app of [one, third]) expect(await membersAt(app)).toEqual(["Ana", "Cleo"])
      })
    })

    test("find each other again after the bus was lost", async () => {
      const [ana, bob] = [await enter(one, "ana"), await enter(two, "bob")]
      await ana.ask({ do: "join", room, shows: "Ana" }, "joined")
      await bob.ask({ do: "join", room, shows: "Bob" }, "joined")
      await ana.hears({ event: "came", text: "Bob" })
      proxy.refuse(true)
      proxy.cut()
      const cleo = await enter(two, "cleo")
      cleo.say({ do: "join", room, shows: "Cleo" })
      ana.say({ do: "say", room, text: "alone" }) // those of the same process hear each other all the same
      await ana.hears({ event: "said", text: "alone" })
      proxy.refuse(false)
      const until = Date.now() + 15_000
      while (!(await membersAt(one)).includes("Cleo") && Date.now() < until) await Bun.sleep(50)
      expect(await membersAt(one)).toEqual(["Ana", "Bob", "Cleo"])
      expect(await membersAt(two)).toEqual(["Ana", "Bob", "Cleo"])
      bob.say({ do: "say", room, text: "together" })
      for (const client of [ana, bob, cleo]) await client.hears({ event: "said", text: "together" })
    })
    test("serve their own sockets while there is no bus, and find it when it comes", async () => {
      const blocked = await startProxy(server.port)
      blocked.refuse(true)
      const alone = await start(here!, {
        BUS_URL: `${bus.toLowerCase()}://127.0.0.1:${blocked.port}?prefix=ashlar-test&connectTimeoutMs=300`,
      })
      const [ana, bob] = [await enter(alone, "ana"), await enter(alone, "bob")]
      ana.say({ do: "say", room, text: "just us" })
      for (const client of [ana, bob]) await client.hears({ event: "said", text: "just us" })
      blocked.refuse(false)
      const far = await enter(two, "far")
      const heard = far.hears({ event: "said", text: "at last" })
      let isHeard = false
      void heard.then(() => (isHeard = true))
      const until = Date.now() + 15_000
      while (!isHeard && Date.now() < until) {
        ana.say({ do: "say", room, text: "at last" })
        await Bun.sleep(100)
      }
      await heard
      const trace = JSON.stringify(await (await fetch(`${alone.url}/trace`)).json())
      expect(trace).toContain("WEBSOCKET_BUS_FAILED")
      await blocked.close()
    })
  })
}
