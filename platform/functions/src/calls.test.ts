import { afterAll, beforeAll, describe, expect } from "bun:test"
import type { AshlarError } from "@ashlar/core"
import { type Install, openInstall } from "./testing/install.ts"
import { sandboxTest } from "./testing/requirements.ts"

const code = `
let calls = 0
export default {
  async fetch(request, ctx) {
    calls++
    const what = await request.text()
    const wait = (ms) => new Promise((done) => setTimeout(done, ms))
    if (what.startsWith("wait ")) await wait(Number(what.slice(5)))
    if (what === "never") await new Promise(() => {})
    if (what === "loop") for (;;) ;
    if (what === "until aborted") {
      await new Promise((done) => request.signal.addEventListener("abort", done))
      console.log("was aborted: " + request.signal.aborted)
    }
    if (what === "hog later") setTimeout(() => { for (;;) ; }, 30)
    if (what === "stream") {
      let cancelled = false
      return new Response(new ReadableStream({ async pull(c) { await wait(10); c.enqueue(new TextEncoder().encode("x")) }, cancel() { console.log("stream cancelled") } }))
    }
    return new Response(String(calls))
  },
}`

let install: Install
beforeAll(async () => {
  install = openInstall()
  if (!Bun.which("bwrap")) return
  for (const runtime of ["bun", "quickjs"] as const)
    await install.deploy(runtime, code, { runtime, limits: { wallMs: 700, concurrency: 2, queue: 2 } })
  await install.deploy("shared", code, { limits: { wallMs: 600, cpuMs: 400, concurrency: 8 } })
}, 30_000)
afterAll(() => install.close())

const call = (name: string, body: string, signal?: AbortSignal) =>
  install.call(name, { method: "POST", body, ...(signal ? { signal } : {}) })
const lines = async (name: string) => (await install.functions.logs("p1", name, { limit: 1000 })).items

describe.each(["bun", "quickjs"])("the queue of a %s function", (name) => {
  sandboxTest("runs as many as it may, lets as many wait, and refuses the rest at once", async () => {
    await Promise.all([call(name, "wait 50"), call(name, "wait 50")])
    const answers = await Promise.all(Array.from({ length: 6 }, () => call(name, "wait 100")))
    const codes = answers.map(({ code: refused }) => refused ?? "none")
    expect(codes).toEqual(["none", "none", "none", "none", "FUNCTIONS_QUEUE_FULL", "FUNCTIONS_QUEUE_FULL"])
    const [first, , third, , refused] = answers
    expect(third!.ms).toBeGreaterThan(first!.ms)
    expect(refused!.ms).toBeLessThan(first!.ms)
    expect((refused!.error as AshlarError).status).toBe(503)
    expect((refused!.error as AshlarError).details?.invocation).toBeString()
    expect((await lines(name)).filter((line) => line.fields.code === "FUNCTIONS_QUEUE_FULL").length).toBe(2)
  })

  sandboxTest("waits no longer than a call may take", async () => {
    const long = [call(name, "never"), call(name, "never")]
    await Bun.sleep(20)
    const waiting = await call(name, "wait 1")
    expect([undefined, "FUNCTIONS_QUEUE_FULL"]).toContain(waiting.code)
    expect(waiting.ms).toBeLessThan(1500)
    for (const answer of await Promise.all(long)) expect(answer.code).toBe("FUNCTIONS_WALL_LIMIT")
    expect((await call(name, "wait 1")).code).toBeUndefined()
  })

  sandboxTest("lets a caller leave it", async () => {
    const long = [call(name, "wait 200"), call(name, "wait 200")]
    await Bun.sleep(20)
    const leaving = await call(name, "wait 1", AbortSignal.timeout(30))
    expect([leaving.code, leaving.ms < 150]).toEqual(["FUNCTIONS_CANCELLED", true])
    for (const answer of await Promise.all(long)) expect(answer.code).toBeUndefined()
  })
})

describe.each(["bun", "quickjs"])("a caller of a %s function who goes away", (name) => {
  sandboxTest("is told to the function at once, and the process goes on", async () => {
    const before = Number((await call(name, "")).text)
    const answer = await call(name, "until aborted", AbortSignal.timeout(50))
    expect([answer.code, answer.ms < 300]).toEqual(["FUNCTIONS_CANCELLED", true])
    await Bun.sleep(50)
    const log = await lines(name)
    expect(log.filter((line) => line.message === "was aborted: true").length).toBe(1)
    expect(log.findLast((line) => line.kind === "request")).toMatchObject({
      level: "warn",
      fields: { status: 499, code: "FUNCTIONS_CANCELLED" },
    })
    expect(log.filter((line) => line.kind === "kill" && line.fields.code === "FUNCTIONS_CANCELLED")).toEqual([])
    // Still the same process: bun counts on, quickjs begins anew with each call.
    expect(Number((await call(name, "")).text)).toBe(name === "bun" ? before + 2 : 1)
  })

  sandboxTest("before the call began costs nothing", async () => {
    expect((await call(name, "", AbortSignal.abort())).code).toBe("FUNCTIONS_CANCELLED")
  })
})

sandboxTest("a caller who leaves in the middle of a streamed body stops the stream", async () => {
  const request = new Request("http://x/", { method: "POST", body: "stream" })
  const response = await install.functions.invoke("p1", "bun", { request, caller: { kind: "member", id: "u" } })
  const reader = response.body!.getReader()
  await reader.read()
  await reader.cancel()
  await Bun.sleep(60)
  const log = await lines("bun")
  expect(log.some((line) => line.message === "stream cancelled")).toBe(true)
  expect(log.findLast((line) => line.kind === "request")!.fields).toMatchObject({
    status: 200,
    code: "FUNCTIONS_CANCELLED",
  })
})

describe("calls that share a process", () => {
  sandboxTest("share its globals, as the guide says", async () => {
    const first = Number((await call("shared", "")).text)
    expect(Number((await call("shared", "")).text)).toBe(first + 1)
  })

  sandboxTest("go on when one of them never ends", async () => {
    const stuck = call("shared", "never")
    await Bun.sleep(350)
    const others = await Promise.all([call("shared", "wait 400"), call("shared", "wait 450")])
    expect((await stuck).code).toBe("FUNCTIONS_WALL_LIMIT")
    expect(others.map((answer) => answer.code)).toEqual([undefined, undefined])
    // The process takes no more calls after that: the next one has a new process.
    expect((await call("shared", "")).text).toBe("1")
  })

  sandboxTest("fail together when one of them takes the processor and does not let go", async () => {
    const other = call("shared", "wait 300")
    await Bun.sleep(20)
    const hog = await call("shared", "loop")
    expect(hog.code).toMatch(/FUNCTIONS_(CPU|WALL)_LIMIT/)
    expect((await other).code).toMatch(/FUNCTIONS_(CRASHED|CPU_LIMIT|WALL_LIMIT)/)
    expect((await call("shared", "")).code).toBeUndefined()
  })

  sandboxTest(
    "are not needed for a process to be stopped that works on behind their back",
    async () => {
      await call("shared", "hog later")
      const stopped = async () =>
        (await lines("shared")).some((line) => line.kind === "kill" && line.invocation === null)
      for (let waited = 0; waited < 60 && !(await stopped()); waited++) await Bun.sleep(100)
      expect((await lines("shared")).findLast((line) => line.kind === "kill")).toMatchObject({
        invocation: null,
        fields: { code: "FUNCTIONS_CPU_LIMIT" },
      })
      expect((await call("shared", "")).code).toBeUndefined()
    },
    15_000,
  )
})
