import { afterAll, afterEach, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { closePayload, connectRaw } from "../../src/testing/raw-websocket.ts"
import { buildProgram, type ProgramRuntime, type Running, startProgram } from "../../src/testing/runtimes.ts"
import { get, isRefused, openRaw, type RawPeer } from "./raw-peer.ts"

/** How an app ends, on every runtime and with every kind of client that may be there at the time. */

const program = await buildProgram(join(import.meta.dir, "stop-serve.ts"))
afterAll(() => program.dispose())

/** Deno serves an app without WebSocket routes in another way, so both are tried. */
const runtimes: readonly (ProgramRuntime & { readonly label: string })[] = program.runtimes.flatMap((runtime) => [
  { ...runtime, label: runtime.name },
  ...(runtime.name === "deno" ? [{ ...runtime, env: { WEBSOCKETS: "0" }, label: "deno, no WebSockets" }] : []),
])

for (const runtime of runtimes) {
  const { label, command } = runtime
  if (command === undefined) {
    if (process.env.CI === "true") test(`${label} is installed`, () => expect(command).toBeDefined())
    else console.warn(`skipped: stopping on ${label}, which is not installed`)
    continue
  }
  describe(`stopping on ${label}`, () => {
    const running: Running[] = []
    const peers: RawPeer[] = []
    const start = async (env: Record<string, string> = {}): Promise<Running> => {
      const app = await startProgram(runtime, env)
      running.push(app)
      return app
    }
    const open = async (app: Running, request?: string): Promise<RawPeer> => {
      const peer = await openRaw(app.url)
      peers.push(peer)
      if (request !== undefined) peer.write(request)
      return peer
    }
    afterEach(() => {
      for (const app of running.splice(0)) app.signal("SIGKILL")
      for (const { socket } of peers.splice(0)) socket.destroy()
    })
    /** All that it says until it exits, and the exit code. */
    const end = async (app: Running): Promise<{ lines: Record<string, unknown>[]; code: number }> => {
      const lines: Record<string, unknown>[] = []
      for (let line = await app.line(); line !== undefined; line = await app.line()) lines.push(line as never)
      return { lines, code: await app.exited }
    }

    test("services drain, hooks run, services close in reverse, and it exits with 0", async () => {
      const app = await start()
      expect((await fetch(`${app.url}/health/ready`)).status).toBe(200)
      app.signal("SIGTERM")
      const { lines, code } = await end(app)
      expect(lines).toEqual([
        { drained: "worker" },
        { hook: 2 },
        { hook: 1 },
        { closed: "worker" },
        { closed: "first" },
        { state: "stopped" },
      ])
      expect(code).toBe(0)
    })

    test("first it is not ready and serves on, then it refuses connections", async () => {
      const app = await start({ NOT_READY_MS: "500" })
      app.signal("SIGTERM")
      await Bun.sleep(200)
      const ready = await fetch(`${app.url}/health/ready`)
      expect([ready.status, ((await ready.json()) as { status: string }).status]).toEqual([503, "draining"])
      expect((await fetch(`${app.url}/health/live`)).status).toBe(200)
      expect(await (await fetch(`${app.url}/ok`)).text()).toBe("ok")
      const slow = await open(app, get("/slow?ms=900"))
      await Bun.sleep(500)
      expect(await isRefused(app.url)).toBe(true)
      expect(await slow.ended).toContain("late")
      expect((await end(app)).code).toBe(0)
    })

    test("a slow request is answered, on a connection that then closes", async () => {
      const app = await start()
      const slow = await open(app, get("/slow?ms=600"))
      await Bun.sleep(200)
      const beganMs = performance.now()
      app.signal("SIGTERM")
      expect(await slow.ended).toMatch(/^HTTP\/1.1 200 OK[\s\S]*late$/)
      expect((await end(app)).code).toBe(0)
      expect(performance.now() - beganMs).toBeLessThan(2_000)
    })

    test("connections without a request are closed: kept ones, unused ones, and those with half a head", async () => {
      const app = await start({ GRACE_MS: "20000" })
      const slow = await open(app, get("/slow?ms=300"))
      const kept = await open(app, get("/ok"))
      await kept.until("ok")
      const unused = await open(app)
      const half = await open(app, "GET /ok HTTP/1.1\r\nHost: x\r\n")
      await Bun.sleep(100)
      app.signal("SIGTERM")
      expect(await slow.ended).toContain("late")
      await Promise.all([kept.ended, half.ended])
      // Bun has Linux accept a connection only with its first bytes, and Linux forgets this one without a word.
      if (label !== "bun") await unused.ended
      const beganMs = performance.now()
      expect((await end(app)).code).toBe(0)
      expect(performance.now() - beganMs).toBeLessThan(3_000)
    })

    test("a client that ended its side has left, and keeps nobody waiting", async () => {
      const app = await start({ GRACE_MS: "20000" })
      const halfClosed = await open(app, get("/slow?ms=500"))
      halfClosed.socket.end()
      const silent = await open(app)
      silent.socket.end()
      await Bun.sleep(200)
      const beganMs = performance.now()
      app.signal("SIGTERM")
      expect(await halfClosed.ended).not.toContain("late")
      expect((await end(app)).code).toBe(0)
      expect(performance.now() - beganMs).toBeLessThan(3_000)
    })

    test("an upload under way is taken to its end", async () => {
      const app = await start()
      const upload = await open(app, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n")
      upload.write(new Uint8Array(20_000))
      await Bun.sleep(200)
      app.signal("SIGTERM")
      await Bun.sleep(300)
      upload.write(new Uint8Array(20_000))
      expect(await upload.ended).toContain('{"size":40000}')
      expect((await end(app)).code).toBe(0)
    })

    test("an event stream ends with the reason", async () => {
      const app = await start()
      const stream = await open(app, get("/events"))
      await stream.until("data: first")
      app.signal("SIGTERM")
      expect(await stream.ended).toMatch(/event: close\r?\ndata: {"reason":"draining"}/)
      expect((await end(app)).code).toBe(0)
    })

    test("work that an answer left behind is waited for, and has its services", async () => {
      const app = await start()
      expect(await (await fetch(`${app.url}/deferred`)).text()).toBe("ok")
      app.signal("SIGTERM")
      const { lines, code } = await end(app)
      const said = lines.map((line) => Object.keys(line)[0])
      expect(said.indexOf("deferred")).toBeLessThan(said.indexOf("closed"))
      expect([said.includes("deferred"), code]).toEqual([true, 0])
    })

    test("a handler that never ends is told by its signal and cut after the grace: exit code 1", async () => {
      const app = await start({ GRACE_MS: "400" })
      const hung = await open(app, get("/hang"))
      await Bun.sleep(200)
      const beganMs = performance.now()
      app.signal("SIGTERM")
      await hung.ended
      const { lines, code } = await end(app)
      expect(performance.now() - beganMs).toBeLessThan(3_000)
      expect(lines).toContainEqual({ aborted: "/hang" })
      expect(lines.at(-1)).toEqual({ state: "stopped" })
      expect(code).toBe(1)
    })

    test("a client that takes nothing of its answer is cut after the grace", async () => {
      const app = await start({ GRACE_MS: "500" })
      const stalled = await open(app)
      stalled.socket.pause()
      stalled.write(get("/large"))
      await Bun.sleep(300)
      const beganMs = performance.now()
      app.signal("SIGTERM")
      const { code } = await end(app)
      expect(performance.now() - beganMs).toBeLessThan(3_000)
      expect(code).toBe(1)
    })

    test("a second signal ends it at once: 128 + the signal's number", async () => {
      const app = await start({ GRACE_MS: "20000" })
      await open(app, get("/hang"))
      await Bun.sleep(200)
      app.signal("SIGTERM")
      await Bun.sleep(200)
      app.signal("SIGTERM")
      expect((await end(app)).code).toBe(143)
    })

    test.skipIf(label === "deno, no WebSockets")("WebSockets are told to go, and a rude one is cut", async () => {
      const app = await start({ GRACE_MS: "700" })
      const polite = await connectRaw(`${app.url}/echo`)
      const rude = await connectRaw(`${app.url}/echo`)
      app.signal("SIGTERM")
      expect([await polite.closeCode(), await rude.closeCode()]).toEqual([1001, 1001])
      polite.send({ opcode: 8, payload: closePayload(1001) })
      expect((await end(app)).lines.at(-1)).toEqual({ state: "stopped" })
      rude.destroy()
    })
  })
}
