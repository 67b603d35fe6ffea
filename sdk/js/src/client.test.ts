import { describe, expect, test } from "bun:test"
import { createAshlar } from "./client.ts"
import { clientErrors } from "./errors.ts"

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => "no refusal",
    (error: unknown) => error,
  )
const code = (name: string) => expect.objectContaining({ code: name })

describe("a client", () => {
  test("calls a function and gives its answer unread, its own errors included", async () => {
    using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      async fetch(request) {
        const { pathname, search } = new URL(request.url)
        const body = await request.text()
        return Response.json(
          { call: `${request.method} ${pathname}${search}`, body, type: request.headers.get("content-type") },
          { status: pathname.endsWith("/lost") ? 404 : 200, headers: { "ashlar-invocation": "i1" } },
        )
      },
    })
    const { functions } = createAshlar({ url: server.url.href, key: "ak_secret_0_x" })
    const answer = await functions.invoke("atlas", { path: "/region/Europe?minArea=1" })
    expect(answer.headers.get("ashlar-invocation")).toBe("i1")
    expect(await answer.json()).toMatchObject({ call: "GET /f/self/atlas/region/Europe?minArea=1" })
    expect(await (await functions.invoke("atlas", { body: { a: 1 } })).json()).toEqual({
      call: "POST /f/self/atlas/",
      body: '{"a":1}',
      type: "application/json",
    })
    expect(await (await functions.invoke("atlas", { method: "PUT", body: "text" })).json()).toMatchObject({
      call: "PUT /f/self/atlas/",
      body: "text",
    })
    expect((await functions.invoke("atlas", { path: "/lost" })).status).toBe(404)
  })

  test("throws when the platform stopped the call, and never repeats it", async () => {
    let calls = 0
    const { functions } = createAshlar({
      url: "http://ashlar.test",
      async fetch() {
        calls++
        return Response.json(
          { code: "FUNCTIONS_QUEUE_FULL", detail: "Full.", requestId: "r" },
          { status: 503, headers: { "content-type": "application/problem+json" } },
        )
      },
    })
    expect(await refusal(functions.invoke("busy"))).toEqual(code("FUNCTIONS_QUEUE_FULL"))
    expect(calls).toBe(1)
  })

  test.each([
    ["a word", "hello"],
    ["a token", "eyJhbGciOi.J9"],
    ["a line break, which would end the header", "ak_secret_1_x\r\nx: y"],
  ])("refuses %s as its key", (_, key) => {
    expect(() => createAshlar({ url: "http://x.org", key })).toThrow(code("SDK_BAD_OPTIONS"))
  })

  test("refuses a secret key in a page, and takes a publishable one", () => {
    Object.assign(globalThis, { document: {} })
    try {
      expect(() => createAshlar({ url: "http://x.org", key: "ak_secret_1_x" })).toThrow(code("SDK_BAD_OPTIONS"))
      createAshlar({ url: "http://x.org", key: "ak_publishable_1_x" })
    } finally {
      Reflect.deleteProperty(globalThis, "document")
    }
  })

  test("without a key goes with the session, and names the project", async () => {
    const seen: string[] = []
    const ashlar = createAshlar({
      url: "http://ashlar.test",
      project: "atlas",
      async fetch(input, init) {
        seen.push(`${new URL(input).pathname} ${new Headers(init?.headers).get("authorization")}`)
        const accessTokenExpiresAt = new Date(Date.now() + 300_000).toISOString()
        return Response.json({ user: {}, accessToken: "a1", accessTokenExpiresAt, refreshToken: "r1", items: [] })
      },
    })
    await ashlar.collection("todos").where().page()
    await ashlar.auth.signIn({ email: "a@b.c", password: "p" })
    await ashlar.collection("todos").where().page()
    expect(seen).toEqual([
      "/v1/projects/atlas/collections/todos/query null",
      "/v1/auth/signin null",
      "/v1/projects/atlas/collections/todos/query Bearer a1",
    ])
  })
})

test("every code of the client has a line that says what to do", () => {
  for (const [name, line] of Object.entries(clientErrors)) {
    expect(name).toMatch(/^SDK_[A-Z_]+$/)
    expect(line).toMatch(/\. .+\.$/)
  }
})
