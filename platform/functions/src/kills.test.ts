import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { AshlarError } from "@ashlar/core"
import { type Answer, type Install, openInstall } from "./testing/install.ts"
import { descendantsOf, eventually } from "./testing/processes.ts"
import { sandboxTest } from "./testing/requirements.ts"

/** On a machine that is busy with other things a loop needs long to use up its processor time: it must not be the wall. */
const LONG_WALL_MS = 8000
const SHORT_WALL_MS = 400
const CPU_MS = 1_000

/** Attacks by name, the same text for both runtimes. Each gets the request and the context. */
const shared = {
  loop: "for (;;) ;",
  "await loop": "for (;;) await null",
  never: "await new Promise(() => {})",
  sleep: "await new Promise((done) => setTimeout(done, 60_000))",
  "catastrophic pattern": "/^(a+)+$/.test('a'.repeat(34) + 'b'); for (;;) /^(a+)+$/.test('a'.repeat(28) + 'b')",
  "native loop": "for (;;) Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1)",
  "big number": "for (;;) (3n ** 400000n).toString()",
  arrays: "const kept = []; for (;;) kept.push(new Uint8Array(4_000_000).fill(1))",
  objects: "const kept = []; for (;;) kept.push({ a: kept.length, b: [kept.length] })",
  strings: "const kept = []; for (let n = 0; ; n++) kept.push(String(n).repeat(100_000) + n)",
  "log flood": "for (;;) console.log('x'.repeat(1000))",
  "status 101": "return { status: 101, headers: new Headers(), body: null }",
  "no response": "return 'text'",
  throw: "throw new TypeError('boom')",
  "long body": "return new Response('x'.repeat(200_000))",
}
const bunOnly = {
  "drip body":
    "return new Response(new ReadableStream({ async pull(c) { await Bun.sleep(50); c.enqueue(new Uint8Array(1)) } }))",
  "endless body": "return new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)) } }))",
  "body that breaks":
    "let n = 0; return new Response(new ReadableStream({ pull(c) { if (n++ > 3) throw new Error('broken'); c.enqueue(new Uint8Array(10)) } }))",
  timers: "for (;;) { for (let n = 0; n < 10_000; n++) setTimeout(() => {}, 1e6, new Array(50)); await null }",
  workers:
    "const url = URL.createObjectURL(new Blob(['setInterval(() => {}, 1)'])); for (let n = 0; n < 200; n++) try { new Worker(url) } catch {} await new Promise(() => {})",
  exit: "process.exit(7)",
  segfault:
    "const { dlopen } = await import('bun:ffi'); dlopen('libc.so.6', { memset: { args: ['i64', 'i32', 'i64'], returns: 'ptr' } }).symbols.memset(8, 1, 8)",
  "stdout flood": "const fs = await import('node:fs'); for (;;) fs.writeSync(1, 'x'.repeat(10_000))",
  "raw frames":
    "const fs = await import('node:fs'); fs.writeSync(3, Buffer.from([5, 0, 0, 0, 99, 1, 0, 0, 0])); await new Promise(() => {})",
  "forged log":
    "const fs = await import('node:fs'); const text = Buffer.from(JSON.stringify({ level: 'info', message: 'forged', fields: {} })); const head = Buffer.alloc(9); head.writeUInt32LE(5 + text.length); head[4] = 6; head.writeUInt32LE(99999, 5); fs.writeSync(3, Buffer.concat([head, text])); await new Promise(() => {})",
  "huge frame":
    "const fs = await import('node:fs'); fs.writeSync(3, Buffer.from([255, 255, 255, 127, 3, 1, 0, 0, 0])); await new Promise(() => {})",
  "raw log flood":
    "const fs = await import('node:fs'); const text = Buffer.from('{}'); const head = Buffer.alloc(9); head.writeUInt32LE(7); head[4] = 6; head.writeUInt32LE(0, 5); const frame = Buffer.concat([head, text]); for (let n = 0; n < 5000; n++) { try { fs.writeSync(3, frame) } catch { n-- } if (n % 50 === 0) await Bun.sleep(1) } await new Promise(() => {})",
  "closed channel": "const fs = await import('node:fs'); fs.closeSync(3); await new Promise(() => {})",
}
/** What a flood of descriptors, files and processes comes to: the function is told, and goes on. */
const harmless: Record<string, [string, string]> = {
  descriptors: [
    "const fs = await import('node:fs'); let n = 0; try { for (;;) { fs.openSync('/bun'); n++ } } catch (error) { return Response.json([n < 256, error.code]) }",
    '[true,"EMFILE"]',
  ],
  files: [
    "const fs = await import('node:fs'); let n = 0; for (let i = 0; i < 1000; i++) try { fs.writeFileSync('/tmp/' + i, 'x'); n++ } catch {} return Response.json(n)",
    "0",
  ],
  processes: [
    "let n = 0; for (let i = 0; i < 50; i++) try { Bun.spawn(['/bun']); n++ } catch {} return Response.json(n)",
    "0",
  ],
  catastrophe: ["/^(a+)+$/.test('a'.repeat(24) + 'b'); return new Response('over')", "over"],
}

const body = (attacks: Record<string, string>): string =>
  `const attacks = { ${Object.entries(attacks)
    .map(([name, code]) => `${JSON.stringify(name)}: async (request, ctx) => { ${code} }`)
    .join(",\n")} }
  export default { async fetch(request, ctx) { return attacks[await request.text()](request, ctx) } }`

let install: Install

beforeAll(async () => {
  install = openInstall()
  if (!Bun.which("bwrap")) return
  const limits = { wallMs: LONG_WALL_MS, cpuMs: CPU_MS, memoryMb: 128, bodyBytes: 100_000, logLines: 50 }
  const waiting = { ...limits, wallMs: SHORT_WALL_MS, cpuMs: 10_000 }
  const floods = Object.fromEntries(Object.entries(harmless).map(([name, [code]]) => [name, code]))
  const onBun = body({ ...shared, ...bunOnly, ...floods })
  await install.deploy("bun", onBun, { limits })
  await install.deploy("bun-waits", onBun, { limits: waiting })
  const inside = { runtime: "quickjs" } as const
  await install.deploy("quickjs", body(shared), { ...inside, limits: { ...limits, memoryMb: 64 } })
  await install.deploy("quickjs-waits", body(shared), { ...inside, limits: { ...waiting, memoryMb: 64 } })
  await install.deploy("victim", "export default { fetch: () => new Response('well') }")
}, 30_000)
afterAll(() => install.close())

/** Attacks, while another function is called all the time. */
async function attack(name: string, what: string): Promise<{ answer: Answer; slowestMs: number }> {
  let slowestMs = 0
  let over = false
  const victim = (async () => {
    while (!over) {
      const { text, ms } = await install.call("victim")
      expect(text).toBe("well")
      slowestMs = Math.max(slowestMs, ms)
      await Bun.sleep(5)
    }
  })()
  const answer = await install.call(name, { method: "POST", body: what })
  over = true
  await victim
  return { answer, slowestMs }
}

/** What the log says of a call: the codes of its "kill" and its "request" line. */
async function logged(name: string, answer: Answer): Promise<{ kill: unknown; request: unknown }> {
  const details = (answer.error as AshlarError | undefined)?.details
  const invocation = String(details?.invocation ?? answer.headers.get("ashlar-invocation"))
  const { items } = await install.functions.logs("p1", name, { limit: 1000, invocation })
  const codes = (kind: string) => items.filter((line) => line.kind === kind).map((line) => line.fields.code)
  return { kill: codes("kill")[0], request: codes("request")[0] }
}

const WALL = "FUNCTIONS_WALL_LIMIT"
const CPU = "FUNCTIONS_CPU_LIMIT"
const MEMORY = "FUNCTIONS_MEMORY_LIMIT"
const CRASHED = "FUNCTIONS_CRASHED"
const PROTOCOL = "FUNCTIONS_PROTOCOL_ERROR"

/** Attack, the codes it may end with, whether something had to be stopped. */
const rows: Record<"bun" | "quickjs", readonly (readonly [string, string, boolean])[]> = {
  bun: [
    ["loop", CPU, true],
    ["await loop", CPU, true],
    ["never", WALL, true],
    ["sleep", WALL, true],
    ["catastrophic pattern", CPU, true],
    ["native loop", CPU, true],
    ["big number", CPU, true],
    ["arrays", MEMORY, true],
    ["objects", `${MEMORY} ${CPU}`, true],
    ["strings", `${MEMORY} ${CPU}`, true],
    ["timers", `${MEMORY} ${CPU}`, true],
    ["workers", `${MEMORY} ${CPU} ${CRASHED} ${WALL}`, true],
    ["log flood", CPU, true],
    ["stdout flood", `FUNCTIONS_LOG_LIMIT ${CPU}`, true],
    ["raw log flood", `FUNCTIONS_LOG_LIMIT ${PROTOCOL}`, true],
    ["raw frames", PROTOCOL, true],
    ["forged log", PROTOCOL, true],
    ["huge frame", PROTOCOL, true],
    ["closed channel", CRASHED, true],
    ["exit", CRASHED, true],
    ["segfault", CRASHED, true],
    ["drip body", WALL, true],
    ["endless body", "FUNCTIONS_BODY_LIMIT", true],
    ["body that breaks", "FUNCTIONS_BROKEN_OFF", false],
    ["long body", "FUNCTIONS_BODY_LIMIT", false],
    ["status 101", "FUNCTIONS_BAD_RESPONSE", false],
    ["no response", "FUNCTIONS_BAD_RESPONSE", false],
    ["throw", "FUNCTIONS_THREW", false],
  ],
  quickjs: [
    ["loop", CPU, true],
    ["await loop", CPU, true],
    ["never", WALL, true],
    ["sleep", WALL, true],
    ["catastrophic pattern", CPU, true],
    ["native loop", CPU, true],
    ["big number", CPU, true],
    ["arrays", `${MEMORY} ${CPU}`, true],
    ["objects", `${MEMORY} ${CPU}`, true],
    ["strings", `${MEMORY} ${CPU}`, true],
    ["log flood", CPU, true],
    ["long body", "FUNCTIONS_BODY_LIMIT", false],
    ["status 101", "FUNCTIONS_BAD_RESPONSE", false],
    ["no response", "FUNCTIONS_BAD_RESPONSE", false],
    ["throw", "FUNCTIONS_THREW", false],
  ],
}

/** What waits is tried with a short wall, what works with a long one. */
const functionFor = (runtime: string, codes: string): string => (codes === WALL ? `${runtime}-waits` : runtime)

describe.each(["bun", "quickjs"] as const)("%s:", (runtime) => {
  for (const [what, codes, stopped] of rows[runtime])
    sandboxTest(`${what} ends with ${codes.replaceAll(" ", " or ")}, in the answer and in the log`, async () => {
      const { answer, slowestMs } = await attack(functionFor(runtime, codes), what)
      expect(codes.split(" ")).toContain(answer.code ?? "none")
      expect(answer.ms).toBeLessThan(LONG_WALL_MS)
      expect(slowestMs).toBeLessThan(1000)
      const { kill, request } = await logged(functionFor(runtime, codes), answer)
      expect(request).toBe(answer.code!)
      if (stopped) expect(kill).toBe(answer.code!)
      // The next call is served as if nothing had been.
      const next = await install.call(functionFor(runtime, codes), { method: "POST", body: "throw" })
      expect(next.code).toBe("FUNCTIONS_THREW")
    })

  sandboxTest("each kill is counted under its code", async () => {
    const { calls, errors, kills, p50Ms, p95Ms, coldStarts } = await install.functions.metrics("p1", runtime)
    const mine = rows[runtime].filter(([, codes]) => codes !== WALL)
    expect(calls).toBe(mine.length * 2)
    expect(errors).toBeGreaterThanOrEqual(mine.length)
    const counted = mine.filter(([, , stopped]) => stopped).length
    expect(Object.values(kills).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(counted)
    expect(coldStarts).toBeGreaterThan(0)
    expect(p50Ms!).toBeLessThanOrEqual(p95Ms!)
  })
})

describe("bun, told that there is no more:", () => {
  for (const [name, [, expected]] of Object.entries(harmless))
    sandboxTest(name, async () => {
      const { answer, slowestMs } = await attack("bun", name)
      expect([answer.code, answer.text]).toEqual([undefined, expected])
      expect(slowestMs).toBeLessThan(1000)
    })
})

sandboxTest("after all that no process is left over, and no zombie", async () => {
  const processes = () => descendantsOf(process.pid).filter(({ name }) => name === "bwrap" || name === "bun")
  // Five functions and two spares, each of three processes.
  expect(await eventually(() => processes().length <= 21, 3000)).toBe(true)
  expect(processes().filter(({ zombie }) => zombie)).toEqual([])
})

test("every row of an attack has an attack", () => {
  const known = Object.keys({ ...shared, ...bunOnly })
  for (const [name] of [...rows.bun, ...rows.quickjs]) expect(known).toContain(name)
})
