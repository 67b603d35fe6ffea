import { afterAll, beforeAll, describe, expect } from "bun:test"
import { manualClock } from "@ashlar/core"
import type { LogLine } from "./logs.ts"
import { type Install, openInstall } from "./testing/install.ts"
import { sandboxTest } from "./testing/requirements.ts"

const clock = manualClock()
let install: Install
beforeAll(() => {
  install = openInstall({ clock, limits: { maxLogRows: 200 } })
})
afterAll(() => install.close())

const all = async (name: string): Promise<readonly LogLine[]> =>
  (await install.functions.logs("p1", name, { limit: 1000 })).items

for (const runtime of ["bun", "quickjs"] as const)
  describe(`the log of a ${runtime} function`, () => {
    sandboxTest("has what the function wrote, then how the call ended", async () => {
      const code = `export default { fetch(request, ctx) {
        console.debug("d", { a: [1, { b: "x" }] }); console.log("i"); console.info("%s", 1); console.warn("w"); console.error(new Error("e"))
        ctx.log.warn("with fields", { n: 1, deep: { s: "ä" } }); ctx.log.error("bad fields", 5)
        return new Response("x", { status: 404 }) } }`
      await install.deploy(`wrote-${runtime}`, code, { runtime })
      const { headers } = await install.call(`wrote-${runtime}`, { path: "/a?secret=1" })
      const lines = await all(`wrote-${runtime}`)
      expect(lines.map(({ kind, level }) => `${kind} ${level}`)).toEqual([
        "log debug",
        "log info",
        "log info",
        "log warn",
        "log error",
        "log warn",
        "log error",
        "request warn",
      ])
      expect(lines[0]!.message).toMatch(/^d \{ a: \[ 1, /)
      expect(lines[4]!.message).toContain("Error: e")
      expect(lines[5]).toMatchObject({ message: "with fields", fields: { n: 1, deep: { s: "ä" } } })
      expect(lines[6]!.fields).toEqual({})
      expect(lines[7]).toMatchObject({
        message: "GET /a 404",
        fields: { method: "GET", path: "/a", status: 404, durationMs: expect.any(Number), cold: false },
      })
      expect(JSON.stringify(lines[7])).not.toContain("secret")
      for (const [at, line] of lines.entries()) {
        expect([line.seq, line.version, line.at]).toEqual([at + 1, 1, new Date(clock.now()).toISOString()])
        expect(line.invocation).toBe(headers.get("ashlar-invocation"))
      }
    })

    sandboxTest("has the lines of loading, without an invocation, and the stack of what was thrown", async () => {
      await install.deploy(
        `load-${runtime}`,
        `console.log("loading"); export default { fetch() { throw Object.assign(new TypeError("boom"), { code: "MINE" }) } }`,
        { runtime },
      )
      await install.call(`load-${runtime}`)
      const [loading, thrown, request] = await all(`load-${runtime}`)
      expect(loading).toMatchObject({ kind: "log", invocation: null, message: "loading", version: 1 })
      expect(thrown).toMatchObject({ kind: "log", level: "error" })
      expect(thrown!.message).toContain("[MINE] TypeError: boom")
      expect(thrown!.message).toContain("at fetch")
      expect(request).toMatchObject({
        kind: "request",
        level: "error",
        fields: { status: 500, code: "FUNCTIONS_THREW" },
      })
    })

    sandboxTest("has as many lines of a call as it may, and says that more were dropped", async () => {
      await install.deploy(
        `many-${runtime}`,
        `export default { fetch() { for (let n = 0; n < 50; n++) console.log("line " + n); return new Response("x") } }`,
        { runtime, limits: { logLines: 5 } },
      )
      await install.call(`many-${runtime}`)
      await install.call(`many-${runtime}`)
      const messages = (await all(`many-${runtime}`)).map(({ message }) => message)
      const one = [
        "line 0",
        "line 1",
        "line 2",
        "line 3",
        "line 4",
        "The limit of 5 lines is reached; the rest is dropped.",
        "GET / 200",
      ]
      expect(messages).toEqual([...one, ...one])
    })

    sandboxTest("has no line that is too long", async () => {
      await install.deploy(
        `long-${runtime}`,
        `export default { fetch(request, ctx) { ctx.log.info("x".repeat(100_000)); ctx.log.info("f", { big: "y".repeat(100_000) }); ctx.log.info("k", { big: "y".repeat(10_000) }); return new Response("x") } }`,
        { runtime },
      )
      expect((await install.call(`long-${runtime}`)).text).toBe("x")
      const [message, fields, large] = await all(`long-${runtime}`)
      expect([message!.message.length, fields!.fields.dropped, large!.fields.dropped]).toEqual([
        8192,
        expect.any(String),
        expect.any(String),
      ])
    })
  })

sandboxTest("three hundred calls at once write each their own lines", async () => {
  const code = `export default { async fetch(request) {
    const name = new URL(request.url).searchParams.get("n")
    const say = (step) => console.log(name + " " + step)
    say(1)
    await null; say(2)
    await new Promise((done) => setTimeout(done, Math.random() * 10)); say(3)
    await new Promise((done) => queueMicrotask(() => { say(4); done() }))
    await new Promise((done) => process.nextTick(() => { say(5); done() }))
    return new Response(name) } }`
  await install.deploy("crowd", code, { limits: { concurrency: 64, queue: 1000 } })
  const wide = openInstall()
  await wide.deploy("crowd", code, { limits: { concurrency: 64, queue: 1000 } })
  const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => wide.call("crowd", { path: `/?n=${n}` })))
  const owner = new Map(answers.map(({ headers, text }) => [headers.get("ashlar-invocation"), text]))
  let cursor: string | undefined
  const lines: LogLine[] = []
  do {
    const page = await wide.functions.logs("p1", "crowd", { limit: 1000, ...(cursor ? { cursor } : {}) })
    lines.unshift(...page.items)
    cursor = page.next ?? undefined
  } while (cursor)
  const said = lines.filter((line) => line.kind === "log")
  expect(said.length).toBe(1500)
  for (const line of said) expect(line.message.split(" ")[0]).toBe(owner.get(line.invocation!)!)
  await wide.close()
})

sandboxTest("pages go from the newest line to the oldest, by level and by invocation", async () => {
  await install.deploy(
    "pages",
    `export default { fetch(request, ctx) { ctx.log.debug("d"); ctx.log.error("e"); return new Response("x") } }`,
  )
  const answers = []
  for (let call = 0; call < 4; call++) answers.push(await install.call("pages"))
  const first = await install.functions.logs("p1", "pages", { limit: 5 })
  expect(first.items.map(({ seq }) => seq)).toEqual([8, 9, 10, 11, 12])
  const second = await install.functions.logs("p1", "pages", { limit: 5, cursor: first.next! })
  expect(second.items.map(({ seq }) => seq)).toEqual([3, 4, 5, 6, 7])
  const third = await install.functions.logs("p1", "pages", { limit: 5, cursor: second.next! })
  expect([third.items.map(({ seq }) => seq), third.next]).toEqual([[1, 2], null])
  const counts: number[] = []
  for (const level of ["debug", "info", "warn", "error"] as const)
    counts.push((await install.functions.logs("p1", "pages", { level })).items.length)
  expect(counts).toEqual([12, 8, 4, 4])
  const invocation = answers[1]!.headers.get("ashlar-invocation")!
  const mine = await install.functions.logs("p1", "pages", { invocation })
  expect(mine.items.map(({ seq }) => seq)).toEqual([4, 5, 6])
})

sandboxTest("the ring keeps the newest lines, and numbers go on", async () => {
  await install.deploy(
    "ring",
    `export default { fetch() { for (let n = 0; n < 90; n++) console.log(n); return new Response("x") } }`,
  )
  for (let call = 0; call < 5; call++) await install.call("ring")
  await all("ring")
  await install.call("ring")
  const seqs = (await all("ring")).map(({ seq }) => seq)
  expect([seqs.length, seqs[0], seqs.at(-1)]).toEqual([200, 347, 546])
})

describe("following", () => {
  sandboxTest("gives what was, then what comes, without a gap, to every reader", async () => {
    await install.deploy(
      "follow",
      `export default { fetch(request) { console.log(new URL(request.url).pathname); return new Response("x") } }`,
    )
    await install.call("follow", { path: "/0" })
    const read = async (sinceSeq: number | undefined, count: number): Promise<LogLine[]> => {
      const lines: LogLine[] = []
      for await (const line of install.functions.follow("p1", "follow", sinceSeq === undefined ? {} : { sinceSeq }))
        if (lines.push(line) === count) break
      return lines
    }
    const readers = [read(0, 42), read(1, 41), read(undefined, 40)]
    await Bun.sleep(30)
    for (let call = 1; call <= 20; call++) await install.call("follow", { path: `/${call}` })
    const [fromStart, fromOne, fromNow] = await Promise.all(readers)
    expect(fromStart!.map(({ seq }) => seq)).toEqual(Array.from({ length: 42 }, (_, at) => at + 1))
    expect(fromOne!.map(({ seq }) => seq)).toEqual(Array.from({ length: 41 }, (_, at) => at + 2))
    expect(fromNow!.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, at) => at + 3))
  })

  sandboxTest("ends with the signal, and when the function is deleted", async () => {
    await install.deploy("brief", `export default { fetch: () => new Response("x") }`)
    const abort = new AbortController()
    const first = (async () => {
      for await (const line of install.functions.follow("p1", "brief", { signal: abort.signal }))
        expect(line).toBeUndefined()
      return "ended"
    })()
    await Bun.sleep(20)
    abort.abort()
    expect(await first).toBe("ended")
    const second = install.functions.follow("p1", "brief")
    const next = second.next()
    await Bun.sleep(20)
    await install.functions.remove("p1", "brief")
    expect(await Promise.race([next, Bun.sleep(1000).then(() => "still waiting")])).toEqual({
      done: true,
      value: undefined,
    })
  })
})

sandboxTest("lines survive a restart", async () => {
  await install.deploy("restart", `export default { fetch: () => new Response("x") }`)
  await install.call("restart")
  const before = await all("restart")
  const { openFunctions } = await import("./service.ts")
  const again = openFunctions({
    storeFor: () => install.file(),
    data: { call: async () => null },
    sealer: { seal: (b) => b, open: (b) => b },
  })
  expect((await again.logs("p1", "restart")).items).toEqual(before)
  await again.close()
})
