import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asyncApiProblems } from "@ashlar/openapi/testing/async-problems"
import { openApiProblems } from "@ashlar/openapi/testing/document-problems"
import { type Answer, raiseStage, type Stage } from "./testing/cast.ts"

const site = mkdtempSync(join(tmpdir(), "ashlar-console-"))
writeFileSync(join(site, "index.html"), "<!doctype html><script>theme()</script><script src=/assets/a.js></script>")
Bun.write(join(site, "assets", "a-1234.js"), "start()")

let stage: Stage
const P = "/v1/projects/walls"
beforeAll(async () => {
  stage = await raiseStage({ consoleFolder: site })
  const rules = { read: "public", create: "publishable", update: "secret", delete: "secret" }
  await stage.call("owner", "POST", `${P}/collections`, { name: "stones", rules, indexes: ["n"] })
}, 30_000)
afterAll(async () => {
  await stage.close()
  rmSync(site, { recursive: true, force: true })
})

describe("sessions", () => {
  const person = { email: "owner@example.com", password: "a phrase for the tests" }
  const cookieOf = (answer: Answer): string => answer.headers.get("set-cookie")!.split(";")[0]!

  test("keep a console's refresh token in a cookie that scripts cannot read", async () => {
    const signin = await stage.call("anonymous", "POST", "/v1/auth/signin", { ...person, cookie: true })
    expect(signin.body.refreshToken).toBeNull()
    const cookie = signin.headers.get("set-cookie")!
    for (const part of ["HttpOnly", "SameSite=Strict", "Path=/v1/auth"]) expect(cookie).toContain(part)
    const next = await stage.call("anonymous", "POST", "/v1/auth/refresh", undefined, { cookie: cookieOf(signin) })
    expect([next.status, next.body.refreshToken]).toEqual([200, null])
    expect(cookieOf(next)).not.toBe(cookieOf(signin))
    const both = { cookie: cookieOf(next), authorization: `Bearer ${next.body.accessToken}` }
    const out = await stage.call("anonymous", "POST", "/v1/auth/signout", undefined, both)
    expect([out.status, out.headers.get("set-cookie")]).toEqual([204, expect.stringContaining("Max-Age=0")])
    const ended = await stage.call("anonymous", "POST", "/v1/auth/refresh", undefined, { cookie: cookieOf(next) })
    expect([ended.status, ended.body.code]).toEqual([401, "IDENTITY_SESSION_ENDED"])
  })

  test.each([
    [{ "sec-fetch-site": "cross-site" }],
    [{ "sec-fetch-site": "same-site" }],
    [{ origin: "null" }], // a function's sandboxed page
    [{ origin: "https://evil.example" }],
  ])("refuse the cookie to other origins: %p", async (headers) => {
    const signin = await stage.call("anonymous", "POST", "/v1/auth/signin", { ...person, cookie: true })
    const cookie = cookieOf(signin)
    for (const path of ["/v1/auth/refresh", "/v1/auth/signout"]) {
      const answer = await stage.call("anonymous", "POST", path, undefined, { cookie, ...headers })
      expect([answer.status, answer.body.code]).toEqual([403, "SERVER_FOREIGN_ORIGIN"])
    }
  })

  test("are no credential for the API by themselves", async () => {
    const signin = await stage.call("anonymous", "POST", "/v1/auth/signin", { ...person, cookie: true })
    const answer = await stage.call("anonymous", "GET", "/v1/projects", undefined, { cookie: cookieOf(signin) })
    expect(answer.status).toBe(401)
  })

  test("end at once when they are revoked", async () => {
    const { body: session } = await stage.call("anonymous", "POST", "/v1/auth/signin", person)
    const bearer = { authorization: `Bearer ${session.accessToken}` }
    expect((await stage.call("anonymous", "GET", "/v1/auth/me", undefined, bearer)).status).toBe(200)
    expect((await stage.call("owner", "DELETE", `/v1/auth/sessions/${session.sessionId}`)).status).toBe(204)
    expect((await stage.call("anonymous", "GET", "/v1/auth/me", undefined, bearer)).body.code).toBe(
      "IDENTITY_SESSION_ENDED",
    )
  })

  test.each([
    ["an empty bearer", "Bearer "],
    ["a foreign scheme", "Basic b3duZXI6"],
    ["a forged key", "Bearer ak_secret_x_y"],
  ])("refuse %s, also where no credentials are needed", async (_what, authorization) => {
    const path = `${P}/collections/stones/documents`
    const answer = await stage.call("anonymous", "GET", path, undefined, { authorization })
    expect(answer.status).toBe(401)
  })
})

describe("a POST with an Idempotency-Key", () => {
  const path = `${P}/collections/stones/documents`

  test("runs once, and answers the same again", async () => {
    const headers = { "idempotency-key": "one" }
    const first = await stage.call("secret", "POST", path, { n: 1 }, headers)
    const again = await stage.call("secret", "POST", path, { n: 1 }, headers)
    expect([first.status, again.status, again.headers.get("idempotency-replayed")]).toEqual([201, 201, "true"])
    expect(again.body).toEqual(first.body)
    expect(again.headers.get("etag")).toBe(first.headers.get("etag"))
    const other = await stage.call("publishable", "POST", path, { n: 1 }, headers)
    expect(other.body.id).not.toBe(first.body.id)
  })

  test("is refused for another body, when malformed, and while the first is under way", async () => {
    await stage.call("secret", "POST", path, { n: 2 }, { "idempotency-key": "two" })
    const reused = await stage.call("secret", "POST", path, { n: 3 }, { "idempotency-key": "two" })
    expect([reused.status, reused.body.code]).toEqual([422, "SERVER_IDEMPOTENCY_KEY_REUSED"])
    const malformed = await stage.call("secret", "POST", path, { n: 3 }, { "idempotency-key": "x".repeat(256) })
    expect([malformed.status, malformed.body.code]).toEqual([400, "SERVER_IDEMPOTENCY_KEY_INVALID"])
    const both = await Promise.all(
      [3, 3].map((n) => stage.call("secret", "POST", path, { n }, { "idempotency-key": "three" })),
    )
    const codes = both.map((answer) => answer.body.code ?? answer.status).sort()
    expect(codes).toBeOneOf([
      [201, "SERVER_IDEMPOTENCY_KEY_IN_USE"],
      [201, 201],
    ])
    expect(new Set(both.filter((answer) => answer.status === 201).map((answer) => answer.body.id)).size).toBe(1)
  })

  test("runs again after an error", async () => {
    const headers = { "idempotency-key": "four" }
    expect((await stage.call("secret", "POST", path, "{", headers)).status).toBe(400)
    expect((await stage.call("secret", "POST", path, { n: 4 }, headers)).status).toBe(201)
  })
})

describe("documents over HTTP", () => {
  const path = `${P}/collections/stones/documents`

  test("carry their revision as ETag, and change only over the one that was seen", async () => {
    const made = await stage.call("owner", "PUT", `${path}/keystone`, { n: 1 }, { "if-none-match": "*" })
    expect([made.status, made.headers.get("etag")]).toEqual([201, '"1"'])
    expect((await stage.call("owner", "PUT", `${path}/keystone`, { n: 2 }, { "if-none-match": "*" })).status).toBe(412)
    const unchanged = await stage.call("owner", "GET", `${path}/keystone`, undefined, { "if-none-match": '"1"' })
    expect([unchanged.status, unchanged.body]).toEqual([304, ""])
    const patched = await stage.call("owner", "PATCH", `${path}/keystone`, { $inc: { n: 5 } }, { "if-match": '"1"' })
    expect(patched.body).toMatchObject({ rev: 2, data: { n: 6 } })
    const stale = await stage.call("owner", "DELETE", `${path}/keystone`, undefined, { "if-match": '"1"' })
    expect([stale.status, stale.body.code]).toEqual([412, "DOCUMENTS_REVISION_CONFLICT"])
    for (const value of ["1", '"0"', '"x"']) {
      const answer = await stage.call("owner", "DELETE", `${path}/keystone`, undefined, { "if-match": value })
      expect([answer.status, answer.body.code]).toEqual([400, "SERVER_PRECONDITION_MALFORMED"])
    }
    expect((await stage.call("owner", "DELETE", `${path}/keystone`)).status).toBe(204)
  })

  test("let a key that may update but not create replace only what is there", async () => {
    const rules = { read: "secret", create: null, update: "secret" }
    await stage.call("owner", "POST", `${P}/collections`, { name: "fixed", rules })
    const fixed = `${P}/collections/fixed/documents`
    const refused = await stage.call("secret", "PUT", `${fixed}/a`, { n: 1 })
    expect([refused.status, refused.body.code]).toEqual([404, "DOCUMENTS_NOT_FOUND"])
    expect((await stage.call("owner", "PUT", `${fixed}/a`, { n: 1 })).status).toBe(201)
    expect((await stage.call("secret", "PUT", `${fixed}/a`, { n: 2 })).status).toBe(200)
  })

  test("are found by the query in the address, as by the one in a body", async () => {
    await stage.call("owner", "POST", path, [
      { n: 70, t: "a" },
      { n: 71, t: "b" },
      { n: 72, t: "c" },
    ])
    const where = { n: { $gte: 70 } }
    const body = await stage.call("anonymous", "POST", `${P}/collections/stones/query`, {
      where,
      sort: ["-n"],
      select: ["t"],
    })
    const query = new URLSearchParams({ where: JSON.stringify(where), sort: "-n", select: "t" })
    const address = await stage.call("anonymous", "GET", `${path}?${query}`)
    expect(body.body.items.map((item: { data: object }) => item.data)).toEqual([{ t: "c" }, { t: "b" }, { t: "a" }])
    expect(address.body.items).toEqual(body.body.items)
  })
})

describe("functions over HTTP", () => {
  const code = (text: string): string => `export default { async fetch(request, ctx) { ${text} } }`
  const deploy = (name: string, text: string, more: object = {}): Promise<Answer> =>
    stage.call("owner", "POST", `${P}/functions`, {
      name,
      runtime: "quickjs",
      code: code(text),
      access: "public",
      ...more,
    })

  test("see their own path, and neither the platform's credentials nor its cookies", async () => {
    const seen = `return Response.json({ path: new URL(request.url).pathname + new URL(request.url).search,
      authorization: request.headers.get("authorization"), cookie: request.headers.get("cookie"), own: request.headers.get("x-own") })`
    await deploy("mirror", seen)
    const headers = { cookie: "ashlar_refresh=secret; theme=dark", "x-own": "yes" }
    const answer = await stage.call("owner", "GET", "/f/walls/mirror/a/b%2Fc?x=1", undefined, headers)
    expect(answer.body).toEqual({ path: "/a/b%2Fc?x=1", authorization: null, cookie: "theme=dark", own: "yes" })
    const scheme = { authorization: "Token a.b.c" } // the function's own, and none of the platform's anywhere else
    const token = await stage.call("anonymous", "GET", "/f/walls/mirror", undefined, scheme)
    expect(token.body.authorization).toBe("Token a.b.c")
    expect((await stage.call("anonymous", "GET", "/v1/projects", undefined, scheme)).status).toBe(401)
    for (const authorization of ["Bearer", "Bearer not-a-token", "bearer ak_secret_x_y"])
      expect((await stage.call("anonymous", "GET", "/f/walls/mirror", undefined, { authorization })).status).toBe(401)
    const root = await stage.call("anonymous", "GET", "/f/walls/mirror")
    expect(root.body.path).toBe("/")
  })

  test("answer in a sandbox of their own, whatever they say", async () => {
    const headers = `{ "content-type": "text/html", "set-cookie": "a=1", "content-security-policy": "default-src *", "service-worker-allowed": "/" }`
    await deploy("page", `return new Response("<script>fetch('/v1/auth/refresh')</script>", { headers: ${headers} })`)
    const answer = await stage.call("anonymous", "GET", "/f/walls/page")
    expect(answer.headers.get("content-security-policy")).toStartWith("sandbox ")
    expect(answer.headers.get("content-security-policy")).not.toContain("allow-same-origin")
    expect(answer.headers.get("set-cookie")).toBeNull()
    expect(answer.headers.get("service-worker-allowed")).toBeNull()
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff")
  })

  test("use documents as the rules let secret keys, and get errors with codes", async () => {
    await deploy(
      "keeper",
      `
      const stones = ctx.db.collection("stones")
      const made = await stones.insert({ n: 500 })
      const patched = await stones.patch(made.id, { $inc: { n: 1 } }, { rev: made.rev })
      const conflict = await stones.replace(made.id, { n: 0 }, { rev: 1 }).catch((error) => error.code)
      const none = await stones.get("no-such-document")
      const { value } = await stones.count({ n: 501 })
      await stones.delete(made.id)
      const closed = await ctx.db.collection("hidden").list().catch((error) => error.code)
      return Response.json({ n: patched.data.n, conflict, none, value, closed })`,
    )
    await stage.call("owner", "POST", `${P}/collections`, { name: "hidden" })
    const answer = await stage.call("anonymous", "GET", "/f/walls/keeper")
    const expected = {
      n: 501,
      conflict: "DOCUMENTS_REVISION_CONFLICT",
      none: null,
      value: 1,
      closed: "DOCUMENTS_FORBIDDEN",
    }
    expect(answer.body).toEqual(expected)
  })

  test.each([
    ["public", ["anonymous", "publishable", "secret", "viewer"], []],
    [
      "publishable",
      ["publishable", "secret", "viewer"],
      [
        ["anonymous", 401],
        ["otherKey", 404],
        ["stranger", 404],
      ],
    ],
    [
      "secret",
      ["secret", "viewer", "owner"],
      [
        ["anonymous", 401],
        ["publishable", 403],
        ["otherKey", 404],
      ],
    ],
  ] as const)("with access %s", async (access, allowed, refused) => {
    await deploy(`door-${access}`, "return new Response('in')", { access })
    for (const who of allowed) expect((await stage.call(who, "GET", `/f/walls/door-${access}`)).body).toBe("in")
    for (const [who, status] of refused)
      expect((await stage.call(who, "GET", `/f/walls/door-${access}`)).status).toBe(status)
  })

  test("are followed line by line, and again from where one left", async () => {
    await deploy("talker", `ctx.log.info("said " + new URL(request.url).search); return new Response("ok")`)
    await stage.call("anonymous", "GET", "/f/walls/talker?1")
    const { body: session } = await stage.call("anonymous", "POST", "/v1/auth/signin", {
      email: "owner@example.com",
      password: "a phrase for the tests",
    })
    const follow = async (count: number, last?: string): Promise<{ id: string; text: string }[]> => {
      const response = await fetch(`${stage.server.url}${P}/functions/talker/logs?follow=1`, {
        headers: { authorization: `Bearer ${session.accessToken}`, ...(last && { "last-event-id": last }) },
      })
      expect(response.headers.get("content-type")).toBe("text/event-stream")
      const found: { id: string; text: string }[] = []
      let text = ""
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk
        for (const [whole, id, data] of text.matchAll(/event: log\nid: (\d+)\ndata: (.*)\n\n/g)) {
          found.push({ id: id!, text: JSON.parse(data!).message })
          text = text.replace(whole, "")
        }
        if (found.length >= count) break
      }
      return found
    }
    const following = follow(2)
    await Bun.sleep(150)
    await stage.call("anonymous", "GET", "/f/walls/talker?2")
    const lines = await following
    expect(lines[0]!.text).toBe("said ?2")
    await stage.call("anonymous", "GET", "/f/walls/talker?3")
    const rest = await follow(2, lines[1]!.id)
    expect(rest.map((line) => line.text)).toContain("said ?3")
    expect(Number(rest[0]!.id)).toBe(Number(lines[1]!.id) + 1)
  })
})

describe("the console", () => {
  test("is served with a policy that lets only its own scripts run", async () => {
    const answer = await stage.call("anonymous", "GET", "/projects/walls/collections")
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining("<!doctype html>")])
    const policy = answer.headers.get("content-security-policy")!
    const hash = new Bun.CryptoHasher("sha256").update("theme()").digest("base64")
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`)
    expect(policy).toContain("frame-ancestors 'none'")
  })

  test("keeps hashed files for good, and serves no path outside its folder", async () => {
    const asset = await stage.call("anonymous", "GET", "/assets/a-1234.js")
    expect([asset.body, asset.headers.get("cache-control")]).toEqual(["start()", "public, max-age=31536000, immutable"])
    for (const path of [
      "/assets/none.js",
      "/assets/..%2f..%2fetc%2fpasswd",
      "/..%2f..%2fetc%2fpasswd.txt",
      "/v1/typo",
      "/health/typo",
    ]) {
      expect((await stage.call("anonymous", "GET", path)).status).toBe(404)
    }
  })
})

describe("the install", () => {
  test("describes its API, which three judges take", async () => {
    const { body } = await stage.call("anonymous", "GET", "/openapi.json")
    expect(await openApiProblems(body)).toEqual([])
    expect(body.info).toMatchObject({ title: "Ashlar", license: { identifier: "MIT" } })
    expect(body.components.securitySchemes).toMatchObject({ key: { scheme: "bearer" }, session: { scheme: "bearer" } })
  }, 30_000)

  test("shows it on a page that may run its own scripts only, and describes its streams", async () => {
    const page = await stage.call("anonymous", "GET", "/docs")
    expect(page.body).toContain("<title>Ashlar</title>")
    expect(page.headers.get("content-security-policy")).toStartWith("default-src 'none'; script-src 'self';")
    expect((await stage.call("anonymous", "GET", "/openapi.yaml")).headers.get("content-type")).toBe("application/yaml")
    const { body } = await stage.call("anonymous", "GET", "/asyncapi.json")
    expect(await asyncApiProblems(body)).toEqual([])
    expect(Object.keys(body.channels)).toEqual(["functions.logs"])
  }, 30_000)

  test("says all of each operation: what it is for, what it takes and answers, its errors, and who may", async () => {
    const { body } = await stage.call("anonymous", "GET", "/openapi.json")
    const operations = Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
    )
    expect(operations.length).toBeGreaterThan(45)
    const tags = (body.tags as { name: string; description?: string }[]).map(({ name }) => name)
    for (const { path, method, operationId, summary, ...operation } of operations) {
      const where = `${method} ${path}`
      expect([where, typeof operationId, summary.length > 5]).toEqual([where, "string", true])
      expect(operation.tags.every((tag: string) => tags.includes(tag))).toBe(true)
      const statuses = Object.keys(operation.responses)
      expect([where, statuses.some((status) => /^[1-3]..$/.test(status)) || path.startsWith("/f/")]).toEqual([
        where,
        true,
      ])
      expect([where, statuses.includes("2XX")]).toEqual([where, false])
      const answer = statuses.find((status) => /^20[01]$/.test(status))
      if (answer !== undefined)
        expect([where, operation.responses[answer]?.content]).toEqual([where, expect.anything()])
      if (["post", "put", "patch"].includes(method) && !BODILESS.has(operationId))
        expect([where, operation.requestBody?.content]).toEqual([where, expect.objectContaining({})])
    }
    expect(body.tags.every(({ description }: { description?: string }) => description !== undefined)).toBe(true)
  })
  interface Operation {
    readonly operationId: string
    readonly summary: string
    readonly tags: readonly string[]
    readonly responses: Readonly<Record<string, { readonly content?: object }>>
    readonly requestBody?: { readonly content: object }
  }
  const BODILESS = new Set([
    ...["auth.signout", "keys.rotate", "app.signout", "app.users.signout", "device.start"],
    ...["auth.signin.passkey.options", "app.signin.passkey.options"],
    ...["step-up.options", "enroll", "recovery-codes", "passkeys.options"].flatMap((action) => [
      `mfa.${action}`,
      `app.mfa.${action}`,
    ]),
    ...["rotate", "rewrap", "disable", "enable", "cancel-deletion", "shred"].map((action) => `kms.${action}`),
  ])

  test("says who may do what as it decides it", async () => {
    const { body } = await stage.call("anonymous", "GET", "/openapi.json")
    const security = (path: string, method: string): unknown => body.paths[path][method].security
    const inProject = "/v1/projects/{project}"
    expect(security(`${inProject}/keys`, "post")).toEqual([{ session: [] }])
    expect(security(inProject, "get")).toEqual([{ session: [] }, { key: [] }])
    expect(security(`${inProject}/collections/{collection}/documents`, "get")).toEqual([
      { session: [] },
      { key: [] },
      {},
    ])
    expect(security("/v1/setup", "post")).toEqual([])
  })

  test("counts what it did, by route and never by path", async () => {
    const { body } = await stage.call("anonymous", "GET", "/metrics")
    expect(body).toContain(
      'ashlar_http_request_duration_seconds_count{route="/v1/projects/:project/collections/:collection/documents"',
    )
    expect(body).toMatch(/ashlar_storage_writes_total \d+/)
    expect(body).not.toContain("walls")
  })

  test("lets pages of any origin call the API, and says which headers they may send", async () => {
    const preflight = await stage.call("anonymous", "OPTIONS", `${P}/collections/stones/documents`, undefined, {
      origin: "https://app.example",
      "access-control-request-method": "POST",
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*")
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization")
    expect(preflight.headers.get("access-control-allow-credentials")).toBeNull()
    const refused = await stage.call("anonymous", "GET", "/v1/projects", undefined, { origin: "https://app.example" })
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([401, "*"])
  })

  test("keeps causes and secrets to its log, and logs no defect in all of this", () => {
    expect(stage.log.filter((line) => line.includes('"INTERNAL"') || line.includes("TypeError"))).toEqual([])
  })

  test("deletes a project with its file", async () => {
    await stage.call("owner", "POST", "/v1/projects", { name: "Brief" })
    await stage.call("owner", "POST", "/v1/projects/brief/collections", { name: "x" })
    expect((await stage.call("owner", "DELETE", "/v1/projects/brief")).status).toBe(204)
    expect((await stage.call("owner", "GET", "/v1/projects/brief")).status).toBe(404)
  })
})
