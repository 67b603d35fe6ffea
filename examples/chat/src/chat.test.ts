import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Server } from "@ashlar/http"
import { connectRaw, type RawWebSocket } from "@ashlar/http/testing/raw-websocket"
import { testApp } from "@ashlar/testing"
import { createChat } from "./app.ts"

/** Two processes' worth of chat, over a bus inside this one; over a real one they are in page.test.ts. */
const chats = [createChat("memory:chat-test"), createChat("memory:chat-test")] as const
let servers: Server[] = []
const opened: { destroy(): void }[] = []

beforeAll(async () => {
  servers = await Promise.all(chats.map(({ app }) => app.listen({ port: 0 })))
})
afterAll(async () => {
  for (const one of opened) one.destroy()
  await Promise.all(chats.map(async ({ app, hub }) => [await app.stop(500), await hub.close()]))
})

type Message = Record<string, unknown>

/** Somebody in a room, however they came in. */
interface Guest {
  next(): Promise<Message>
  say(text: string): Promise<unknown>
  leave(): void
}

async function bySocket(server: Server, room: string, name: string): Promise<Guest> {
  const socket: RawWebSocket = await connectRaw(`${server.url}/rooms/${room}/socket?name=${name}`)
  opened.push(socket)
  return {
    next: async () => JSON.parse((await socket.nextText())!) as Message,
    say: async (text) => socket.text(JSON.stringify({ text })),
    leave: () => socket.destroy(),
  }
}

async function byEvents(server: Server, room: string, name: string): Promise<Guest> {
  const stop = new AbortController()
  opened.push({ destroy: () => stop.abort() })
  const response = await fetch(`${server.url}/rooms/${room}/events?name=${name}`, { signal: stop.signal })
  const reader = response.body!.getReader()
  let text = ""
  return {
    async next() {
      for (;;) {
        const found = /^(?:event: (\w+)\n)data: (.*)\n\n/m.exec(text)
        if (found !== null) {
          text = text.slice(found.index + found[0].length)
          const message = JSON.parse(found[2]!) as Message
          expect(message.type).toBe(found[1])
          return message
        }
        text += new TextDecoder().decode((await reader.read()).value)
      }
    },
    say: (said) =>
      fetch(`${server.url}/rooms/${room}/messages?name=${name}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text: said }),
      }),
    leave: () => stop.abort(),
  }
}

/** Reads on to a message of this type. */
async function heard(guest: Guest, type: string): Promise<Message> {
  for (;;) {
    const message = await guest.next()
    if (message.type === type) return message
  }
}
const names = ({ people }: Message): string[] => (people as { name: string }[]).map(({ name }) => name).sort()

const ways = { bySocket, byEvents }
describe.each([
  ["bySocket", "bySocket"],
  ["bySocket", "byEvents"],
  ["byEvents", "bySocket"],
  ["byEvents", "byEvents"],
] as const)("two who come in %s and %s, to two processes", (first, second) => {
  const room = `room-${first}-${second}`.toLowerCase()
  test("see and hear each other, until one leaves", async () => {
    const ana = await ways[first](servers[0]!, room, "Ana")
    expect(names(await heard(ana, "here"))).toEqual(["Ana"])
    const bob = await ways[second](servers[1]!, room, "Bob")
    expect(names(await heard(bob, "here"))).toEqual(["Ana", "Bob"])
    expect((await heard(ana, "came")).person).toMatchObject({ name: expect.stringMatching(/Ana|Bob/) })
    await ana.say("hello")
    await bob.say("good day")
    for (const guest of [ana, bob]) {
      const all = [await heard(guest, "message"), await heard(guest, "message")]
      expect(all.map(({ from, text }) => `${from}: ${text}`).sort()).toEqual(["Ana: hello", "Bob: good day"])
      expect(Math.abs((all[0]!.at as number) - Date.now())).toBeLessThan(10_000)
    }
    bob.leave()
    expect((await heard(ana, "went")).person).toMatchObject({ name: "Bob" })
    expect(await chats[0].hub.room(room).members()).toHaveLength(1)
    ana.leave()
  })
})

test("says what it does not take", async () => {
  const api = testApp(chats[0].app)
  const ana = await api.socket("/rooms/strict/socket", { query: { name: "Ana" } })
  ana.send({ text: "x".repeat(1001) })
  let message = await ana.nextJson<Message>()
  while (!("status" in message)) message = await ana.nextJson<Message>()
  expect(message).toMatchObject({ code: "WEBSOCKET_MESSAGE_INVALID", errors: [{ pointer: "/text" }] })
  await ana.close()
  for (const name of ["", "x".repeat(31)]) {
    expect((await connectRaw(`${servers[0]!.url}/rooms/a/socket?name=${name}`)).status).toBe(422)
    const errors = [{ in: "query", pointer: "/name" }]
    await api.get("/rooms/a/events", { query: { name } }).expectProblem("HTTP_INVALID", { errors })
  }
  await api.get("/rooms/Not%20a%20room/events", { query: { name: "Ana" } }).expectProblem("HTTP_NOT_FOUND")
  await api.close()
})

test("lets no page of another site in", async () => {
  const stranger = await connectRaw(`${servers[0]!.url}/rooms/a/socket?name=Eve`, {
    headers: { origin: "https://evil.example" },
  })
  expect(stranger.status).toBe(403)
})

test("serves its page under a policy that lets nothing else run", async () => {
  const page = await fetch(servers[0]!.url)
  expect([page.status, page.headers.get("content-security-policy")]).toEqual([200, expect.stringContaining("'self'")])
  expect(await page.text()).toContain("<title>Chat</title>")
})
