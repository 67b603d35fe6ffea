import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { openStage } from "../../stage.ts"
import { type Install, openInstall } from "../../testing/install.ts"
import { sandboxTest } from "../../testing/requirements.ts"
import { Machine, type Outcome } from "./machine.ts"
import type { HostOperation } from "./prelude/host.ts"
import { answerSync } from "./services.ts"

const stage = await openStage(process.execPath)
const wasm = await WebAssembly.compile(new Uint8Array(readFileSync(stage.wasm)))
const prelude = readFileSync(stage.prelude, "utf8")

/** A machine with a bundle in it, and what the last call of it answered. */
async function machineWith(code: string, memoryMb = 64) {
  const answers: { operation: HostOperation; head: Record<string, unknown>; body: string }[] = []
  const machine = await Machine.create({
    wasm,
    prelude,
    memoryMb,
    host: (operation, text = "", body) => {
      if (operation !== "reply" && operation !== "fail") return answerSync(operation, text, body)
      answers.push({ operation, head: JSON.parse(text), body: typeof body === "string" ? body.slice(1) : "" })
      return undefined
    },
  })
  const complaint = machine.load(code, JSON.stringify({ project: "p", name: "f", env: {} }))
  const call = (
    body = "",
    limits = { wallMs: 5000, cpuMs: 5000 },
  ): { outcome: Outcome; text: string; failed: unknown } => {
    answers.length = 0
    machine.allow(limits)
    const head = JSON.stringify({ invocation: "i", method: "POST", url: "http://x/", headers: [] })
    const outcome = machine.enter("invoke", head, new TextEncoder().encode(body).buffer as ArrayBuffer)
    machine.reset()
    const answer = answers.at(-1)
    return { outcome, text: answer?.body ?? "", failed: answer?.operation === "fail" ? answer.head : undefined }
  }
  return { machine, complaint, call }
}

const doing = (code: string): string =>
  `let calls = 0; const kept = {}; export default { async fetch(request) { calls++; const what = await request.text(); ${code}
   return new Response(JSON.stringify([calls, typeof left, Object.keys(kept), [].polluted])) } }`

describe("every call starts from the memory after loading", () => {
  const dirty = `globalThis.left = 1; kept.x = new Uint8Array(500_000).fill(7); Array.prototype.polluted = 1; Response.json = undefined;`

  test("however often", async () => {
    const { call } = await machineWith(doing(dirty))
    for (let n = 0; n < 300; n++) expect(call().text).toBe('[1,"number",["x"],1]')
    const { call: undisturbed } = await machineWith(doing(`if (what) { ${dirty} }`))
    for (let n = 0; n < 100; n++) {
      undisturbed("dirty")
      expect(undisturbed().text).toBe('[1,"undefined",[],null]')
    }
  })

  const after = (what: string) => `if (what) { ${dirty} ${what} }`
  for (const [name, code, limits] of [
    ["an interrupt", "for (;;) ;", { wallMs: 50, cpuMs: 5000 }],
    ["a stack overflow", "const f = () => f() + 1; f()", undefined],
    ["an error", "throw new Error('x')", undefined],
    ["a promise that never settles", "await new Promise(() => {})", undefined],
    ["running out of memory", "const all = []; for (;;) all.push(new Array(1000).fill(1))", undefined],
    ["growing the memory", "kept.all = new Uint8Array(30_000_000).fill(3)", undefined],
  ] as const)
    test(`after ${name}`, async () => {
      const { call } = await machineWith(doing(after(code)))
      expect(call().text).toBe('[1,"undefined",[],null]')
      call("do it", limits)
      for (let n = 0; n < 3; n++) expect(call().text).toBe('[1,"undefined",[],null]')
    })

  test("but with random numbers of its own", async () => {
    const { call } = await machineWith(
      "export default { fetch: () => new Response(JSON.stringify([Math.random(), Math.random(), crypto.randomUUID()])) }",
    )
    const seen = Array.from({ length: 20 }, () => JSON.parse(call().text)).flat()
    expect(new Set(seen).size).toBe(60)
    for (const number of seen) if (typeof number === "number") expect(number >= 0 && number < 1).toBe(true)
  })
})

describe("a run comes to an end", () => {
  test.each<[string, string, { wallMs: number; cpuMs: number }, Outcome]>([
    ["by the wall", "for (;;) ;", { wallMs: 60, cpuMs: 9000 }, { kind: "interrupted", by: "wall" }],
    ["by the processor", "for (;;) ;", { wallMs: 9000, cpuMs: 60 }, { kind: "interrupted", by: "cpu" }],
    [
      "by the processor, after a wait",
      "await null; for (;;) await null",
      { wallMs: 9000, cpuMs: 60 },
      { kind: "interrupted", by: "cpu" },
    ],
    ["by itself", "", { wallMs: 9000, cpuMs: 9000 }, { kind: "done" }],
  ])("%s", async (_name, code, limits, expected) => {
    const { call } = await machineWith(`export default { async fetch() { ${code}; return new Response("x") } }`)
    expect(call("", limits).outcome).toEqual(expected)
  })

  test("by its memory, and says that it was the memory", async () => {
    const { machine, call } = await machineWith(
      "export default { fetch() { const all = []; for (;;) all.push(new Array(1000).fill(1)) } }",
      32,
    )
    const { failed } = call()
    expect(machine.isExhausted((failed as { message: string }).message)).toBe(true)
    expect(machine.memoryBytes).toBeLessThanOrEqual(32 * 1024 * 1024)
  })

  test("for a guest that catches everything", async () => {
    const { call } = await machineWith(
      "export default { fetch() { for (;;) try { for (;;) ; } catch {} finally { continue } } }",
    )
    expect(call("", { wallMs: 60, cpuMs: 9000 }).outcome).toEqual({ kind: "interrupted", by: "wall" })
  })
})

test("a bundle of some size loads and answers", async () => {
  const filler = Array.from(
    { length: 3000 },
    (_, n) => `export const f${n} = (x) => ({ n: ${n}, x, text: "${"y".repeat(40)}" })`,
  ).join("\n")
  const { complaint, call } = await machineWith(
    `${filler}\nexport default { fetch: () => new Response(String(f2999(1).n)) }`,
  )
  expect([complaint, call().text, call().text]).toEqual([undefined, "2999", "2999"])
})

/** One text, run in both runtimes: what they have in common they have alike. */
describe("quickjs answers as bun does:", () => {
  let install: Install
  beforeAll(() => {
    install = openInstall()
  })
  afterAll(() => install.close())

  const answers = async (runtime: "bun" | "quickjs", body: string): Promise<unknown> => {
    await install.deploy(runtime, `export default { async fetch(request, ctx) { ${body} } }`, { runtime })
    const { text, error } = await install.call(runtime, {
      method: "POST",
      path: "/p?q=1",
      body: '{"a":[1,"ä"]}',
      headers: { "X-One": "1", "content-type": "application/json" },
    })
    if (error) throw error
    return JSON.parse(text)
  }

  const rows: Record<string, string> = {
    "request parts":
      "return Response.json([request.method, request.url, request.headers.get('x-one'), request.headers.has('nope'), await request.clone().json(), await request.text(), request.bodyUsed])",
    "a body that was read":
      "await request.text(); try { await request.text() } catch (error) { return Response.json(error.name) }",
    headers:
      "const h = new Headers({ B: '2', a: ' 1 ' }); h.append('A', '3'); h.append('set-cookie', 'x=1'); h.append('set-cookie', 'y=2'); h.delete('b'); return Response.json([[...h], [...h.keys()], h.get('a'), h.getSetCookie()])",
    "bad headers":
      "const bad = []; for (const [n, v] of [['a b', 'x'], ['a', 'x\\r\\ny'], ['', 'x'], ['ä', 'x']]) try { new Headers([[n, v]]); bad.push(0) } catch (error) { bad.push(error.name) } return Response.json(bad)",
    responses:
      "const r = new Response('x', { status: 418, statusText: 'T', headers: { a: 'b' } }); const c = r.clone(); return Response.json([r.status, r.statusText, r.ok, await r.text(), await c.text(), Response.redirect('http://a.b/c').headers.get('location'), new Response(null).ok])",
    "content types":
      "return Response.json([new Response('x'), new Response(new URLSearchParams('a=b')), Response.json(1), new Response(new Uint8Array(1)), new Response('x', { headers: { 'content-type': 'a/b' } }), new Request('http://a/', { method: 'POST', body: 'x' })].map((r) => (r.headers.get('content-type') ?? '').split(';')[0].toLowerCase()))",
    "bad responses":
      "const bad = []; for (const status of [199, 600, 0, 'x']) try { new Response('x', { status }); bad.push(0) } catch (error) { bad.push(error.name) } return Response.json(bad)",
    bytes:
      "const r = new Response(new Uint8Array([0, 1, 255, 254])); return Response.json([...new Uint8Array(await r.arrayBuffer())])",
    urls: "return Response.json(['http://A.b:80/x/../y?q=1#h', 'https://u:p@h:8080/', 'http://1.2.3/', 'http://[::1]/', 'data:text/plain,x', 'http://münchen.de/ä b'].map((t) => { const u = new URL(t); return [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash, String(u), JSON.stringify(u)] }))",
    "changed urls":
      "const u = new URL('http://a.b/c?d=e#f'); u.pathname = '/x y'; u.search = 'q=ä'; u.hash = ''; u.port = '81'; u.hostname = 'h'; u.searchParams.append('n', '1&2'); u.protocol = 'https'; return Response.json([u.href, u.searchParams.get('n'), u.search])",
    "bad urls":
      "return Response.json([URL.canParse('x'), URL.canParse('x', 'http://a/'), URL.parse('x'), (() => { try { new URL('http://') } catch (error) { return error.name } })()])",
    "search params":
      "const p = new URLSearchParams('?a=1&b=2&a=3&e=%C3%A4+x&=&z'); p.append('c d', \"e&f='~!*()\"); p.set('b', '9'); p.delete('z'); const q = new URLSearchParams({ x: '1' }); q.sort(); return Response.json([p.getAll('a'), p.get('e'), p.has('z'), String(p), [...p], p.size, String(q), String(new URLSearchParams([['a', 'b'], ['a', 'c']]))])",
    text: "const t = 'aä€😀\\u0000z'; const b = new TextEncoder().encode(t); return Response.json([[...b], new TextDecoder().decode(b) === t, new TextDecoder().decode(new Uint8Array([0xff, 0x61])), (() => { try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])) } catch (error) { return error.name } })(), new TextDecoder().decode(b.subarray(1, 3))])",
    base64:
      "return Response.json([btoa('hi\\u0000ÿ'), atob('aGk='), atob('AP8='), (() => { try { btoa('€') } catch { return 'no' } })(), (() => { try { atob('*') } catch { return 'no' } })()])",
    digests:
      "const hex = (b) => [...new Uint8Array(b)].map((x) => x.toString(16).padStart(2, '0')).join(''); const out = []; for (const n of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) out.push(hex(await crypto.subtle.digest(n, new TextEncoder().encode('abc')))); return Response.json(out)",
    hmac: "const e = (t) => new TextEncoder().encode(t); const k = await crypto.subtle.importKey('raw', e('key'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']); const s = await crypto.subtle.sign('HMAC', k, e('data')); return Response.json([[...new Uint8Array(s)], await crypto.subtle.verify('HMAC', k, s, e('data')), await crypto.subtle.verify('HMAC', k, s, e('other'))])",
    random:
      "const a = crypto.getRandomValues(new Uint8Array(32)); return Response.json([a.length, new Set(a).size > 5, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/.test(crypto.randomUUID())])",
    timers:
      "const seen = []; const t = setTimeout(() => seen.push('never'), 5); clearTimeout(t); let n = 0; await new Promise((done) => { const i = setInterval(() => { seen.push('i' + n); if (++n === 3) { clearInterval(i); done() } }, 2) }); await new Promise((done) => setTimeout((a, b) => { seen.push(a + b); done() }, 1, 'x', 'y')); queueMicrotask(() => seen.push('micro')); await null; return Response.json(seen)",
    abort:
      "const c = new AbortController(); const seen = []; c.signal.addEventListener('abort', (e) => seen.push(e.type)); c.signal.onabort = () => seen.push('on'); c.abort(); c.abort(); seen.push(c.signal.aborted, c.signal.reason.name); try { c.signal.throwIfAborted() } catch (error) { seen.push(error.name) } const s = AbortSignal.timeout(5); await new Promise((done) => setTimeout(done, 20)); return Response.json([...seen.sort(), s.aborted, s.reason.name, AbortSignal.abort().aborted])",
    "an aborted fetch":
      "try { await fetch('http://a.b/', { signal: AbortSignal.abort() }) } catch (error) { return Response.json(error.name) }",
    requests:
      "const r = new Request('http://a.b/c', { method: 'post', body: 'x', headers: { a: 'b' } }); const s = new Request(r, { method: 'PUT', body: 'y' }); return Response.json([r.method, s.method, s.url, await s.text(), s.headers.get('a')])",
    "modern language": `const { a, ...rest } = { a: 1, b: 2 }
      class A { #x = 1; static { A.y = 2 } get x() { return this.#x } }
      async function* g() { yield 1; yield 2 }
      const all = []
      for await (const v of g()) all.push(v)
      return Response.json([rest, new A().x, A.y, all, [1, 2].at(-1), String(2n ** 64n), "aXb".replaceAll("X", "-"), [3, 1].toSorted(), [..."ab".matchAll(/./g)].length])`,
  }
  for (const [name, body] of Object.entries(rows))
    sandboxTest(name, async () => expect(await answers("quickjs", body)).toEqual(await answers("bun", body)))
})

test("what the runner does for the guest it does for any text, and nothing more", () => {
  for (const [operation, text] of [
    ["url", '{"url":"x"}'],
    ["atob", "r*"],
    ["btoa", "r€"],
    ["digest", "MD5"],
    ["hmac", '{"hash":"MD5","keyBytes":0}'],
    ["data", "{}"],
    ["fetch", "{}"],
  ] as const)
    expect(answerSync(operation, text)).toBeUndefined()
  expect(new Uint8Array(answerSync("random", "1000000000") as ArrayBuffer).length).toBe(65536)
})
