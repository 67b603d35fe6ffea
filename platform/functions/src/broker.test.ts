import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { gzipSync } from "node:zlib"
import { AshlarError, fromReport } from "@ashlar/core"
import type { ConnectInit, ConnectTarget } from "@ashlar/http/outbound"
import { maxDataBytes } from "./messages.ts"
import { type Install, openInstall } from "./testing/install.ts"
import { sandboxTest } from "./testing/requirements.ts"

interface Seen {
  readonly target: ConnectTarget
  readonly init: ConnectInit
  readonly body: string
}

/** What the world answers; set by each test. */
let upstream: (seen: Seen) => Response | Promise<Response> = () => new Response("ok")
let resolveDelayMs = 0
const seen: Seen[] = []
let install: Install

const code = `
const attempt = async (run) => { try { return await run() } catch (error) { return { name: error.name, code: error.code, status: error.status, details: error.details, message: error.message } } }
export default {
  async fetch(request, ctx) {
    const run = new Function("ctx", "attempt", "request", "return (async () => { " + (await request.text()) + " })()")
    const result = await run(ctx, attempt, request)
    return result instanceof Response ? result : Response.json(result ?? null)
  },
}`

beforeAll(async () => {
  install = openInstall({
    limits: { maxCalls: 200, maxFetchBytes: 2_000_000 },
    egress: {
      resolve: async (host) => {
        await Bun.sleep(resolveDelayMs)
        return host === "rebinds.example.com" ? ["127.0.0.1"] : ["93.184.216.34"]
      },
      connect: async (target, init) => {
        const entry = { target, init, body: init.body === null ? "" : await new Response(init.body as BodyInit).text() }
        seen.push(entry)
        return upstream(entry)
      },
    },
  })
  if (!Bun.which("bwrap")) return
  for (const runtime of ["bun", "quickjs"] as const)
    await install.deploy(runtime, code, {
      runtime,
      egress: ["api.example.com", "rebinds.example.com", "other.example.com:8443"],
    })
}, 30_000)
afterAll(() => install.close())

async function run(name: string, body: string): Promise<never> {
  const answer = await install.call(name, { method: "POST", body })
  if (answer.error) throw answer.error
  return JSON.parse(answer.text) as never
}

describe.each(["bun", "quickjs"])("ctx.db on %s", (runtime) => {
  sandboxTest("passes every operation with its arguments, and says who asks", async () => {
    install.dataCalls.length = 0
    install.answer = ({ operation }) => ({ operation })
    const results = await run(
      runtime,
      `const c = ctx.db.collection("todos")
       return [await c.list(), await c.list({ limit: 1 }), await c.query({ where: { a: 1 } }), await c.get("i"), await c.insert({ a: "ä\\u0000" }),
         await c.insert([{ a: 1 }]), await c.replace("i", { a: 2 }, { rev: 3 }), await c.patch("i", { $inc: { n: 1 } }), await c.delete("i", { rev: 4 }), await c.count({ a: 1 })]`,
    )
    const operations = ["list", "list", "query", "get", "insert", "insert", "replace", "patch", "delete", "count"]
    expect(results as unknown).toEqual(operations.map((operation) => ({ operation })))
    const collection = "todos"
    expect(install.dataCalls.map(({ args }) => args)).toEqual([
      { collection },
      { collection, query: { limit: 1 } },
      { collection, query: { where: { a: 1 } } },
      { collection, id: "i" },
      { collection, data: { a: "ä\u0000" } },
      { collection, data: [{ a: 1 }] },
      { collection, id: "i", data: { a: 2 }, rev: 3 },
      { collection, id: "i", operations: { $inc: { n: 1 } } },
      { collection, id: "i", rev: 4 },
      { collection, where: { a: 1 } },
    ])
    const { project, caller } = install.dataCalls[0]!
    expect(project).toBe("p1")
    expect(caller).toEqual({
      kind: "function",
      function: runtime,
      version: 1,
      invocation: expect.any(String),
      caller: { kind: "member", id: "u1" },
    })
  })

  sandboxTest("gives back null, nothing, and what is large", async () => {
    for (const value of [null, undefined, 0, "", [1, "\u0000"], { text: "x".repeat(3_000_000) }]) {
      install.answer = () => value
      expect(
        await run(runtime, `const found = await ctx.db.collection("c").get("i"); return [typeof found, found]`),
      ).toEqual([typeof value, value ?? null] as never)
    }
  })

  sandboxTest("throws the error of the platform, with its code", async () => {
    install.answer = () => {
      throw fromReport({
        code: "DOCUMENTS_FORBIDDEN",
        status: 403,
        message: "Not this one.",
        details: { rule: "read" },
      })
    }
    expect(await run(runtime, `return attempt(() => ctx.db.collection("c").get("i"))`)).toEqual({
      name: "DOCUMENTS_FORBIDDEN",
      code: "DOCUMENTS_FORBIDDEN",
      status: 403,
      details: { rule: "read" },
      message: "Not this one.",
    } as never)
  })

  sandboxTest("throws INTERNAL for the platform's own fault, which only the platform sees", async () => {
    install.faults.length = 0
    install.answer = () => {
      throw new TypeError("connection string postgres://user:hunter2@db")
    }
    const error = (await run(runtime, `return attempt(() => ctx.db.collection("c").get("i"))`)) as { code: string }
    expect(error.code).toBe("INTERNAL")
    expect(JSON.stringify(error)).not.toContain("hunter2")
    expect(String(install.faults[0])).toContain("hunter2")
  })

  sandboxTest("refuses a result and arguments that are too large", async () => {
    install.answer = () => "x".repeat(maxDataBytes)
    const code = `return (await attempt(() => ctx.db.collection("c").get("i"))).code`
    expect(await run(runtime, code)).toBe("FUNCTIONS_PAYLOAD_LIMIT" as never)
    install.answer = () => "never"
    const sending = `return (await attempt(() => ctx.db.collection("c").insert({ a: "x".repeat(${maxDataBytes}) }))).code`
    expect(await run(runtime, sending)).toBe("FUNCTIONS_PAYLOAD_LIMIT" as never)
  })

  sandboxTest("answers a hundred calls at once, each its own", async () => {
    install.answer = async ({ args }) => {
      await Bun.sleep(Math.random() * 5)
      return args.id
    }
    const ids = Array.from({ length: 100 }, (_, n) => String(n))
    expect(
      await run(runtime, `return Promise.all(${JSON.stringify(ids)}.map((id) => ctx.db.collection("c").get(id)))`),
    ).toEqual(ids as never)
  })

  sandboxTest("stops at the number of calls that one invocation has", async () => {
    install.answer = () => 1
    const code = `let n = 0; for (; n < 300; n++) { const found = await attempt(() => ctx.db.collection("c").get("i")); if (found.code) return [n, found.code] }`
    expect(await run(runtime, code)).toEqual([200, "FUNCTIONS_CALL_LIMIT"] as never)
  })
})

describe.each(["bun", "quickjs"])("fetch on %s", (runtime) => {
  sandboxTest("sends and receives, through the platform", async () => {
    seen.length = 0
    upstream = () =>
      new Response('{"a":"ä"}', {
        status: 201,
        statusText: "Made",
        headers: { "content-type": "application/json", "x-up": "1" },
      })
    const result = await run(
      runtime,
      `const r = await fetch("https://api.example.com/x?y=1", { method: "POST", headers: { "x-mine": "1", Host: "evil" }, body: JSON.stringify({ b: "ö" }) })
       return [r.status, r.statusText, r.ok, r.url, r.redirected, r.headers.get("x-up"), await r.json()]`,
    )
    expect(result as unknown).toEqual([201, "Made", true, "https://api.example.com/x?y=1", false, "1", { a: "ä" }])
    const { target, init, body } = seen[0]!
    expect([target.host, target.path, init.method, body, init.headers.get("x-mine"), init.headers.get("host")]).toEqual(
      ["api.example.com", "/x?y=1", "POST", '{"b":"ö"}', "1", null],
    )
    expect(init.body).toBeInstanceOf(Uint8Array)
  })

  sandboxTest("undoes the compression that it asked for, and no other", async () => {
    upstream = ({ init }) => {
      const zipped = init.headers.get("accept-encoding") === "gzip"
      return new Response(zipped ? gzipSync("plain") : "asked otherwise", {
        headers: zipped ? { "content-encoding": "gzip" } : {},
      })
    }
    const code = `const a = await fetch("https://api.example.com/"); const b = await fetch("https://api.example.com/", { headers: { "accept-encoding": "identity" } })
      return [await a.text(), a.headers.get("content-encoding"), await b.text()]`
    expect(await run(runtime, code)).toEqual(["plain", null, "asked otherwise"] as never)
  })

  for (const [what, url, expected] of [
    ["a host that was not granted", "https://example.org/", "FUNCTIONS_EGRESS_NOT_GRANTED"],
    ["another port of a granted host", "https://api.example.com:8443/", "FUNCTIONS_EGRESS_NOT_GRANTED"],
    ["a granted name that resolves to this machine", "https://rebinds.example.com/", "FUNCTIONS_EGRESS_PRIVATE"],
    ["another scheme", "ftp://api.example.com/", "FUNCTIONS_EGRESS_INVALID"],
  ] as const)
    sandboxTest(`rejects ${what}, with a TypeError and a code`, async () => {
      seen.length = 0
      const error = (await run(runtime, `return attempt(() => fetch("${url}"))`)) as { name: string; code: string }
      expect([error.name, error.code, seen.length]).toEqual(["TypeError", expected, 0])
    })

  sandboxTest("rejects what the host does not answer, what redirects for ever, and what is too large", async () => {
    upstream = () => {
      throw new TypeError("ECONNREFUSED")
    }
    expect(await run(runtime, `return (await attempt(() => fetch("https://api.example.com/"))).code`)).toBe(
      "FUNCTIONS_EGRESS_FAILED" as never,
    )
    upstream = () => new Response(null, { status: 302, headers: { location: "/" } })
    expect(await run(runtime, `return (await attempt(() => fetch("https://api.example.com/"))).code`)).toBe(
      "FUNCTIONS_EGRESS_REDIRECTS" as never,
    )
    const sending = `return (await attempt(() => fetch("https://api.example.com/", { method: "POST", body: "x".repeat(2_000_001) }))).code`
    expect(await run(runtime, sending)).toBe("FUNCTIONS_EGRESS_LIMIT" as never)
    upstream = () => new Response(new Uint8Array(3_000_000))
    const receiving = `const found = await attempt(async () => (await (await fetch("https://api.example.com/")).arrayBuffer()).byteLength); return found.code ?? found.name ?? found`
    expect(await run(runtime, receiving)).toMatch(/FUNCTIONS_|Error/)
  })

  sandboxTest("aborts, and the platform's request with it", async () => {
    let aborted = 0
    upstream = ({ init }) =>
      new Promise((_, reject) => {
        init.signal.addEventListener("abort", () => {
          aborted++
          reject(new DOMException("aborted", "AbortError"))
        })
      })
    const code = `const c = new AbortController(); setTimeout(() => c.abort(), 20)
      return (await attempt(() => fetch("https://api.example.com/", { signal: c.signal }))).name`
    expect(await run(runtime, code)).toBe("AbortError" as never)
    await Bun.sleep(20)
    expect(aborted).toBe(1)
  })

  sandboxTest("that nobody waits for ends with the invocation", async () => {
    let aborted = 0
    upstream = ({ init }) => new Promise(() => init.signal.addEventListener("abort", () => aborted++))
    await run(
      runtime,
      `fetch("https://api.example.com/").catch(() => {}); await attempt(() => new Promise((done) => setTimeout(done, 20)))`,
    )
    await Bun.sleep(20)
    expect(aborted).toBe(1)
  })
})

sandboxTest("the first piece of an upload is not lost while the name is resolved", async () => {
  seen.length = 0
  resolveDelayMs = 50
  upstream = () => new Response("ok")
  await run(
    "bun",
    `const pieces = ["first ".repeat(2000), "second", "third"]
     const body = new ReadableStream({ async pull(c) { const next = pieces.shift(); if (!next) return c.close(); c.enqueue(new TextEncoder().encode(next)) } })
     return (await fetch("https://api.example.com/", { method: "POST", body })).text()`,
  )
  resolveDelayMs = 0
  expect(seen[0]!.body).toBe(`${"first ".repeat(2000)}secondthird`)
})

sandboxTest("a download streams through, and a slow reader holds it back", async () => {
  let produced = 0
  upstream = () =>
    new Response(
      new ReadableStream(
        {
          pull(controller) {
            produced += 50_000
            controller.enqueue(new Uint8Array(50_000).fill(produced / 50_000))
            if (produced >= 1_500_000) controller.close()
          },
        },
        { highWaterMark: 0 },
      ),
    )
  const code = `const r = (await fetch("https://api.example.com/")).body.getReader()
    await r.read(); await new Promise((done) => setTimeout(done, 100)); let size = 0
    return new Response(new ReadableStream({ async pull(c) { const { done, value } = await r.read(); if (done) return c.close(); c.enqueue(value) } }))`
  const answer = install.call("bun", { method: "POST", body: code })
  await Bun.sleep(60)
  expect(produced).toBeLessThan(1_500_000)
  expect((await answer).text.length).toBeGreaterThan(1_000_000)
})

sandboxTest("after its response a function asks for nothing more", async () => {
  install.dataCalls.length = 0
  install.answer = () => "late"
  await install.deploy(
    "late",
    `let found = "nothing yet"
     export default { async fetch(request, ctx) {
       if (new URL(request.url).pathname === "/found") return new Response(found)
       setTimeout(async () => {
         const codes = []
         for (const ask of [() => ctx.db.collection("c").get("i"), () => fetch("https://api.example.com/")]) await ask().then(() => codes.push("none"), (error) => codes.push(error.code))
         found = codes.join()
       }, 30)
       return new Response("done") } }`,
    { egress: ["api.example.com"] },
  )
  expect((await install.call("late")).text).toBe("done")
  await Bun.sleep(80)
  expect((await install.call("late", { path: "/found" })).text).toBe(
    "FUNCTIONS_INVOCATION_OVER,FUNCTIONS_INVOCATION_OVER",
  )
  expect(install.dataCalls).toEqual([])
})

test("an unknown operation is refused, whoever sends it", async () => {
  const { Broker } = await import("./broker.ts")
  const refused: unknown[] = []
  const broker = new Broker({
    data: { call: async () => 1 },
    egress: { fetch: async () => Promise.reject(new AshlarError("X", 1, "")) },
    maxFetchBytes: 1,
    onInternalError: () => {},
  })
  const scope = {
    project: "p",
    caller: {} as never,
    grants: [],
    signal: new AbortController().signal,
    spend: () => true,
  }
  for (const [operation, args] of [
    ["drop", "{}"],
    ["get", "[]"],
    ["get", "null"],
    ["get", "nope"],
    ["constructor", "{}"],
  ])
    await broker.serve(
      {
        head: { kind: "data", invocation: 1, operation },
        live: true,
        inbox: { collect: async () => Buffer.from(args!) },
        refuse: (report: { code: string }) => refused.push(report.code),
      } as never,
      scope,
    )
  expect(refused).toEqual(Array(5).fill("FUNCTIONS_INVALID"))
})
