import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import type { AshlarError } from "@ashlar/core"
import type { FunctionCaller } from "./broker.ts"
import type { Deployment } from "./manifest.ts"
import { deployer, type Install, openInstall } from "./testing/install.ts"
import { sandboxTest } from "./testing/requirements.ts"

const runtimes = ["bun", "quickjs"] as const
const saying = (text: string): string => `export default { fetch: () => new Response(${JSON.stringify(text)}) }`

let install: Install
beforeAll(() => {
  install = openInstall({
    limits: { maxBundleBytes: 200_000, maxVersions: 3, maxFunctions: 40 },
    projectNameFor: async (id) => `${id}-slug`,
  })
})
afterAll(() => install.close())

async function failureOf(run: () => Promise<unknown>): Promise<AshlarError | undefined> {
  try {
    await run()
  } catch (error) {
    return error as AshlarError
  }
  return undefined
}

const deploy = (deployment: Partial<Deployment> & { name: string }, project = "p1") =>
  install.functions.deploy(project, { runtime: "bun", access: "public", code: saying("hi"), ...deployment }, deployer)

describe.each(runtimes)("a %s function", (runtime) => {
  const name = `life-${runtime}`

  sandboxTest("is deployed, answers, is listed, and shows what was deployed", async () => {
    const code = saying("one")
    const { function: deployed, version } = await deploy({
      name,
      runtime,
      code,
      env: { TOKEN: "hunter2" },
      egress: ["a.example"],
      limits: { wallMs: 5000 },
    })
    expect(deployed).toMatchObject({
      name,
      runtime,
      access: "public",
      version: 1,
      egress: ["a.example"],
      env: ["TOKEN"],
    })
    expect(deployed.limits).toMatchObject({ wallMs: 5000, concurrency: 8, memoryMb: runtime === "bun" ? 256 : 128 })
    expect(version).toEqual({
      version: 1,
      runtime,
      sha256: createHash("sha256").update(code).digest("hex"),
      sizeBytes: Buffer.byteLength(code),
      active: true,
      createdAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      createdBy: deployer.label,
    })
    expect((await install.call(name)).text).toBe("one")
    expect((await install.functions.list("p1")).items.map((item) => item.name)).toContain(name)
    expect(await install.functions.get("p1", name)).toEqual(deployed)
  })

  sandboxTest("answers as its next version, keeping what the deployment left out", async () => {
    const { function: deployed } = await install.functions.deploy(
      "p1",
      { name, runtime, code: saying("two") },
      deployer,
    )
    expect(deployed).toMatchObject({
      version: 2,
      access: "public",
      env: ["TOKEN"],
      egress: ["a.example"],
      limits: { wallMs: 5000 },
    })
    expect((await install.call(name)).text).toBe("two")
  })

  sandboxTest("goes back to the version before, and to any other", async () => {
    expect((await install.functions.rollback("p1", name)).version).toBe(1)
    expect((await install.call(name)).text).toBe("one")
    expect((await failureOf(() => install.functions.rollback("p1", name)))?.code).toBe("FUNCTIONS_VERSION_NOT_FOUND")
    expect((await failureOf(() => install.functions.rollback("p1", name, 99)))?.code).toBe(
      "FUNCTIONS_VERSION_NOT_FOUND",
    )
    expect((await install.functions.rollback("p1", name, 2)).version).toBe(2)
    expect((await install.call(name)).text).toBe("two")
    const { items } = await install.functions.versions("p1", name)
    expect(items.map(({ version, active }) => [version, active])).toEqual([
      [2, true],
      [1, false],
    ])
  })

  sandboxTest("is gone when it is deleted, and its name begins anew", async () => {
    await install.functions.remove("p1", name)
    for (const run of [
      () => install.functions.get("p1", name),
      () => install.functions.versions("p1", name),
      () => install.functions.rollback("p1", name),
      () => install.functions.remove("p1", name),
      () => install.functions.logs("p1", name),
      () => install.functions.metrics("p1", name),
      () => install.functions.follow("p1", name).next(),
      () =>
        install.functions.invoke("p1", name, {
          request: new Request("http://x/"),
          caller: { kind: "member", id: "u" },
        }),
    ])
      expect((await failureOf(run))?.code).toBe("FUNCTIONS_NOT_FOUND")
    const { function: again } = await deploy({ name, runtime })
    expect(again).toMatchObject({ version: 1, env: [], egress: [] })
  })

  describe("is not deployed when its bundle", () => {
    for (const [what, code, message] of [
      ["does not parse", "export default {{", /Error/],
      ["has no default export", "export const fetch = () => {}", /export default/],
      ["has a default without fetch", "export default { handle() {} }", /export default/],
      ["has a default that is a function", "export default () => new Response('x')", /export default/],
      ["throws while it loads", "throw new RangeError('at load')", /at load/],
      ["imports what is not there", "import x from 'left-pad'; export default { fetch: x }", /left-pad/],
      [
        "takes all memory while it loads",
        "const all = []; for (let n = 0; ; n++) all.push(new Array(50_000).fill(n + 0.5)); export default { fetch: () => all }",
        /did not load|more memory|out of memory/,
      ],
      ["loops while it loads", "for (;;) ;", /did not (load|finish)/],
    ] as const)
      sandboxTest(
        what,
        async () => {
          const failure = await failureOf(() =>
            deploy({ name: `bad-${runtime}`, runtime, code, limits: { wallMs: 800 } }),
          )
          expect([failure?.code, failure?.status]).toEqual(["FUNCTIONS_BUNDLE_INVALID", 422])
          expect(failure?.message).toMatch(message)
          expect((await failureOf(() => install.functions.get("p1", `bad-${runtime}`)))?.code).toBe(
            "FUNCTIONS_NOT_FOUND",
          )
        },
        15_000,
      )

    sandboxTest("is too large", async () => {
      const code = `${saying("x")} // ${"x".repeat(200_000)}`
      expect((await failureOf(() => deploy({ name: `bad-${runtime}`, runtime, code })))?.code).toBe(
        "FUNCTIONS_BUNDLE_TOO_LARGE",
      )
    })
  })

  sandboxTest("has its names, its env, and nobody else's", async () => {
    const code = `export default { fetch(request, ctx) {
      let changed = true
      try { "use strict"; ctx.env.A = "other" } catch {}
      return Response.json([ctx.env, Object.isFrozen(ctx.env), ctx.project, ctx.function, ctx.invocation]) } }`
    await deploy({ name: `ctx-${runtime}`, runtime, code, env: { A: "hunter2-sealed", EMPTY: "" } })
    const answer = await install.call(`ctx-${runtime}`)
    const invocation = answer.headers.get("ashlar-invocation")
    expect(JSON.parse(answer.text)).toEqual([
      { A: "hunter2-sealed", EMPTY: "" },
      true,
      "p1-slug",
      `ctx-${runtime}`,
      invocation,
    ])
    expect(invocation).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    const { path } = await install.file()
    for (const suffix of ["", "-wal"]) expect(readFileSync(path + suffix).includes("hunter2-sealed")).toBe(false)
  })

  sandboxTest("sees the request, without the caller's credentials of the platform", async () => {
    const code = `export default { async fetch(request) {
      return Response.json([request.method, request.url, Object.fromEntries(request.headers), await request.text()]) } }`
    await deploy({ name: `echo-${runtime}`, runtime, code })
    const answer = await install.call(`echo-${runtime}`, {
      method: "PATCH",
      path: "/a%20b/c?x=1&x=ä",
      headers: {
        authorization: "Bearer ak_secret_1_abc",
        cookie: "ashlar_refresh=secret; theme=dark; ASHLAR_other=2; ashlarish=3",
        "x-mine": "kept",
        connection: "keep-alive",
      },
      body: "grüße\\0",
    })
    const [method, url, headers, text] = JSON.parse(answer.text)
    expect([method, url, text]).toEqual(["PATCH", "http://functions.test/a%20b/c?x=1&x=%C3%A4", "grüße\\0"])
    expect([headers.authorization, headers.connection, headers["x-mine"], headers.cookie]).toEqual([
      undefined,
      undefined,
      "kept",
      "theme=dark; ashlarish=3",
    ])
    const own = await install.call(`echo-${runtime}`, { headers: { authorization: "Bearer of-the-app" } })
    expect(JSON.parse(own.text)[2].authorization).toBe("Bearer of-the-app")
  })

  sandboxTest("says no cookie, no forged mark and no frame of a message", async () => {
    const code = `export default { fetch: () => new Response("x", { status: 418, headers: [["set-cookie", "a=b"], ["ashlar-invocation", "forged"], ["transfer-encoding", "chunked"], ["content-length", "999"], ["x-kept", "1"], ["content-type", "text/x"]] }) }`
    await deploy({ name: `says-${runtime}`, runtime, code })
    const { status, headers, text } = await install.call(`says-${runtime}`)
    expect([status, text, headers.get("x-kept"), headers.get("content-type")]).toEqual([418, "x", "1", "text/x"])
    expect([
      headers.has("set-cookie"),
      headers.has("transfer-encoding"),
      headers.get("ashlar-invocation") === "forged",
    ]).toEqual([false, false, false])
  })

  sandboxTest("answers HEAD and an empty status without a body", async () => {
    const code = `export default { fetch: (request) => new URL(request.url).pathname === "/empty" ? new Response(null, { status: 204 }) : new Response("x".repeat(90_000)) }`
    await deploy({ name: `empty-${runtime}`, runtime, code })
    expect(await install.call(`empty-${runtime}`, { method: "HEAD" })).toMatchObject({
      status: 200,
      text: "",
      code: undefined,
    })
    expect(await install.call(`empty-${runtime}`, { path: "/empty" })).toMatchObject({
      status: 204,
      text: "",
      code: undefined,
    })
    expect((await install.call(`empty-${runtime}`)).text.length).toBe(90_000)
  })

  sandboxTest("refuses a request that is too large, announced or not", async () => {
    const code =
      "export default { fetch: async (request) => new Response(String((await request.arrayBuffer()).byteLength)) }"
    await deploy({ name: `large-${runtime}`, runtime, code, limits: { bodyBytes: 300_000 } })
    const body = new Uint8Array(300_001)
    const streamed = new ReadableStream({
      start: (controller) => {
        controller.enqueue(body)
        controller.close()
      },
    })
    const announced = await install.call(`large-${runtime}`, {
      method: "POST",
      body,
      headers: { "content-length": "300001" },
    })
    const unannounced = await install.call(`large-${runtime}`, { method: "POST", body: streamed })
    for (const { code: refused, error } of [announced, unannounced])
      expect([refused, (error as AshlarError).status]).toEqual(["FUNCTIONS_BODY_LIMIT", 413])
    expect((await install.call(`large-${runtime}`, { method: "POST", body: body.subarray(1) })).text).toBe("300000")
  })

  sandboxTest("may be called by whom its access names", async () => {
    const callers: FunctionCaller[] = [
      { kind: "anonymous", id: null },
      { kind: "publishable", id: "k1" },
      { kind: "secret", id: "k2" },
      { kind: "member", id: "u1" },
    ]
    const expected = {
      public: ["none", "none", "none", "none"],
      publishable: ["FUNCTIONS_CREDENTIALS_NEEDED", "none", "none", "none"],
      secret: ["FUNCTIONS_CREDENTIALS_NEEDED", "FUNCTIONS_FORBIDDEN", "none", "none"],
    }
    for (const [access, codes] of Object.entries(expected)) {
      await deploy({ name: `access-${runtime}`, runtime, access: access as "public" })
      for (const [at, caller] of callers.entries()) {
        const failure = await failureOf(() =>
          install.functions.invoke("p1", `access-${runtime}`, { request: new Request("http://x/"), caller }),
        )
        expect([access, caller.kind, failure?.code ?? "none"]).toEqual([access, caller.kind, codes[at]!])
      }
    }
    await install.functions.remove("p1", `access-${runtime}`)
    await install.functions.deploy("p1", { name: `access-${runtime}`, runtime, code: saying("x") }, deployer)
    expect((await install.functions.get("p1", `access-${runtime}`)).access).toBe("secret")
  })
})

sandboxTest("a streamed body arrives piece by piece, both ways, while the call runs", async () => {
  const code = `export default { fetch: (request) => new Response(request.body) }`
  await deploy({ name: "pipe", code })
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const request = new Request("http://x/", { method: "POST", body: readable as never })
  const response = await install.functions.invoke("p1", "pipe", { request, caller: { kind: "member", id: "u" } })
  const reader = response.body!.getReader()
  for (const piece of ["one", "two", "three"]) {
    await writer.write(Buffer.from(piece))
    expect(Buffer.from((await reader.read()).value!).toString()).toBe(piece)
  }
  await writer.close()
  expect((await reader.read()).done).toBe(true)
})

sandboxTest("four megabytes go through and back", async () => {
  await deploy({ name: "pipe", code: "export default { fetch: (request) => new Response(request.body) }" })
  const body = Uint8Array.from({ length: 4 * 1024 * 1024 }, (_, at) => (at * 7) % 253)
  const request = new Request("http://x/", { method: "POST", body })
  const response = await install.functions.invoke("p1", "pipe", { request, caller: { kind: "member", id: "u" } })
  expect(Buffer.compare(await response.bytes(), body)).toBe(0)
})

sandboxTest("calls go on without a failure while versions change", async () => {
  const slow = (text: string) =>
    `export default { fetch: async () => { await new Promise((done) => setTimeout(done, 10)); return new Response("${text}") } }`
  await deploy({ name: "turnover", code: slow("0"), limits: { concurrency: 2, queue: 100 } })
  let over = false
  const seen = new Set<string>()
  const callers = Array.from({ length: 6 }, async () => {
    while (!over) {
      const { text, error } = await install.call("turnover")
      if (error) throw error
      seen.add(text)
    }
  })
  for (let version = 1; version <= 4; version++) {
    await deploy({ name: "turnover", code: slow(String(version)) })
    await Bun.sleep(60)
  }
  over = true
  await Promise.all(callers)
  expect([...seen].sort()).toEqual(["0", "1", "2", "3", "4"])
  const { items } = await install.functions.versions("p1", "turnover")
  expect(items.map(({ version }) => version)).toEqual([5, 4, 3])
})

sandboxTest("two deployments at once get two versions, of one function", async () => {
  const both = await Promise.all([
    deploy({ name: "race", code: saying("a"), env: { A: "1" } }),
    deploy({ name: "race", code: saying("b"), env: { A: "2" } }),
  ])
  expect(both.map(({ version }) => version.version).sort()).toEqual([1, 2])
  expect((await install.functions.get("p1", "race")).version).toBe(2)
  expect((await install.call("race")).text).toMatch(/^[ab]$/)
})

sandboxTest("a project has no more functions than it may, and another project has its own", async () => {
  await deploy({ name: "mine" }, "p9")
  expect((await failureOf(() => install.functions.get("p1", "mine")))?.code).toBe("FUNCTIONS_NOT_FOUND")
  expect((await install.functions.list("p9")).items.map(({ name }) => name)).toEqual(["mine"])
})

sandboxTest("lists are pages with cursors of their own", async () => {
  for (const name of ["c", "a", "b"]) await deploy({ name, runtime: "quickjs" }, "p3")
  const first = await install.functions.list("p3", { limit: 2 })
  expect(first.items.map(({ name }) => name)).toEqual(["a", "b"])
  const second = await install.functions.list("p3", { limit: 2, cursor: first.next! })
  expect([second.items.map(({ name }) => name), second.next]).toEqual([["c"], null])
  expect((await failureOf(() => install.functions.versions("p3", "a", { cursor: first.next! })))?.code).toBe(
    "FUNCTIONS_CURSOR_INVALID",
  )
})

sandboxTest("the most functions a project may have", async () => {
  const small = openInstall({ limits: { maxFunctions: 1 } })
  await small.deploy("one", saying("1"))
  expect((await failureOf(() => small.deploy("two", saying("2"))))?.message).toContain("as many as it may")
  await small.deploy("one", saying("again"))
  await small.close()
})

test("an install that was closed takes nothing more", async () => {
  const closed = openInstall()
  await closed.close()
  expect((await closed.call("f")).code).toBe("FUNCTIONS_STOPPED")
  expect(closed.functions.health()).toEqual({ status: "red", processes: 0, maxProcesses: 32 })
})
