import { afterEach, describe, expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { type AppOptions, createApp, errors, fail, type Problem } from "../index.ts"
import { codeFrame } from "./code-frame.ts"
import { firstOwnPlace, stackLines } from "./stack.ts"

const reported: [error: unknown, id: string][] = []
function makeApp(options: AppOptions = {}): ReturnType<typeof createApp> {
  reported.length = 0
  const onError: AppOptions["onError"] = (error, ctx) => void reported.push([error, ctx.id])
  const app = createApp({ onError, ...options } as object)
  app.get("/defect", () => {
    const inner = new RangeError("the inner <b>cause</b>")
    throw new TypeError("what went wrong", { cause: inner })
  })
  app.get("/message", (ctx) => {
    throw new TypeError(String(ctx.query.text))
  })
  app.get("/thrown/:what", (ctx) => {
    throw { text: "a text", object: { a: 1n }, nothing: undefined }[ctx.params.what]
  })
  app.get("/unavailable", () => fail(errors.Unavailable))
  app.get("/conflict", () => {
    throw new errors.Conflict("expected")
  })
  app.get("/users/:id", () => "x").whereNumber("id")
  app.post("/users", { body: v.object({ name: v.string() }) }, () => "x")
  app.get("/users", { query: v.object({ limit: v.number() }) }, () => "x")
  app.host("api.example.com", (api) => {
    api.get("/things", () => "x")
  })
  return app
}
type Told = Pick<Problem, "detail" | "hint" | "debug" | "requestId" | "code">

async function problem(path: string, init: RequestInit = {}, options?: AppOptions, peer?: string): Promise<Told> {
  const app = makeApp(options)
  const response = await app.fetch(new Request(`http://x${path}`, init), () => ({ address: peer }))
  return (await response.json()) as Told
}

describe("a defect, while developing", () => {
  test("is told with its message, its causes, its stack and the source around it", async () => {
    const { code, detail, debug } = await problem("/defect")
    expect(code).toBe("INTERNAL")
    expect(detail).not.toContain("what went wrong") // `detail` is the same text in every environment
    expect(debug).toMatchObject({ error: "TypeError: what went wrong", causes: ["RangeError: the inner <b>cause</b>"] })
    expect(debug!.stack[0]).toMatch(/^at .*development\.test\.ts:\d+:\d+\)?$/)
    expect(debug!.frame!.at).toMatch(/development\.test\.ts:\d+:\d+$/)
    const here = debug!.frame!.lines.filter(({ isHere }) => isHere)
    expect(here.map(({ text }) => text.trim())).toEqual(['const inner = new RangeError("the inner <b>cause</b>")'])
  })

  test("is on the page too, escaped", async () => {
    const page = await (
      await makeApp().fetch(new Request("http://x/defect", { headers: { accept: "text/html" } }))
    ).text()
    expect(page).toContain("TypeError: what went wrong")
    expect(page).toContain("the inner &lt;b&gt;cause&lt;/b&gt;")
    expect(page).toMatch(/<mark> +\d+ {2} +const inner = new RangeError/)
    expect(page).not.toContain("<b>cause")
  })

  test("that is no Error is told as far as it can be", async () => {
    expect((await problem("/thrown/text")).debug).toEqual({ error: "Thrown, and no Error: a text", stack: [] })
    expect((await problem("/thrown/object")).debug!.error).toContain("something that has no text")
    expect((await problem("/thrown/nothing")).debug!.error).toContain("undefined")
  })

  test("has an id that is in the log as well", async () => {
    const { requestId } = await problem("/defect", {}, { development: false })
    expect(reported).toEqual([[expect.objectContaining({ message: "what went wrong" }), requestId!]])
  })

  test("an expected error has no stack: it is what the code meant to say", async () => {
    expect(await problem("/unavailable")).not.toHaveProperty("debug")
    expect(await problem("/conflict")).not.toHaveProperty("debug")
  })

  test("a message cannot name a file to be shown", async () => {
    const text = `x\n    at evil (${import.meta.dir}/code-frame.ts:3:1)\n    at evil (/etc/passwd.ts:1:1)`
    const { debug } = await problem(`/message?text=${encodeURIComponent(text)}`)
    expect(debug!.frame!.at).toContain("development.test.ts")
    expect(debug!.stack.join()).not.toContain("evil")
  })
})

describe("who is told", () => {
  const mode = process.env.NODE_ENV
  afterEach(() => {
    Object.assign(process.env, { NODE_ENV: mode })
  })
  const forwarded = { headers: { "x-forwarded-for": "203.0.113.9" } }
  test.each<[string, string | undefined, AppOptions, string | undefined, RequestInit, boolean]>([
    ["a caller on this machine", "development", {}, "127.0.0.1", {}, true],
    ["the same over IPv6", "development", {}, "::1", {}, true],
    ["the same, mapped", "development", {}, "::ffff:127.0.0.1", {}, true],
    ["nobody from elsewhere", "development", {}, "192.0.2.1", {}, false],
    ["nobody behind a proxy on this machine", "development", {}, "127.0.0.1", forwarded, false],
    ["nobody where nothing is said, for a proxy may be silent", undefined, {}, "127.0.0.1", {}, false],
    ["nobody whose address is not known", undefined, {}, undefined, {}, false],
    ["a test", "test", {}, undefined, {}, true],
    ["nobody in production", "production", {}, "127.0.0.1", {}, false],
    ["nobody where the app says so", "development", { development: false }, "127.0.0.1", {}, false],
    ["everybody where the app says so", "production", { development: true }, "192.0.2.1", forwarded, true],
  ])("%s (NODE_ENV %p)", async (_what, nodeEnv, options, peer, init, isTold) => {
    if (nodeEnv === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = nodeEnv
    const told = await problem("/defect", init, options, peer)
    expect("debug" in told).toBe(isTold)
    expect(JSON.stringify(told).includes("what went wrong")).toBe(isTold)
    expect("hint" in (await problem("/user", init, options, peer))).toBe(isTold)
  })
})

describe("a hint", () => {
  const json = (body?: string): RequestInit => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    ...(body !== undefined && { body }),
  })
  test.each<[string, string, RequestInit, string | undefined]>([
    ["a path that is nearly one", "/user", {}, "Did you mean /users (POST, GET)?"],
    ["another letter case", "/Users", {}, "Did you mean /users (POST, GET)?"],
    ["a slash too many", "/users/", {}, "Did you mean /users (POST, GET)?"],
    ["a parameter's place is not compared", "/user/1234567890", {}, "Did you mean /users/:id (GET)?"],
    ["nothing is near", "/completely/different", {}, undefined],
    [
      "another host",
      "/things",
      { headers: { host: "x" } },
      "It is served for api.example.com, and this request is for x.",
    ],
    [
      "no content type",
      "/users",
      { method: "POST", body: new Uint8Array([123, 125]) },
      "Send the header Content-Type: application/json. Without it, fetch() calls a body of text text/plain.",
    ],
    [
      "the content type of text",
      "/users",
      { method: "POST", body: "{}" },
      "Send the header Content-Type: application/json. Without it, fetch() calls a body of text text/plain.",
    ],
    [
      "another content type",
      "/users",
      { method: "POST", body: "{}", headers: { "content-type": "text/csv" } },
      undefined,
    ],
    ["an empty body", "/users", json(), "The request has no body. JSON of nothing is null."],
    ["no body at all", "/users", { method: "POST" }, "The request has no body."],
    ["a body that does not fit", "/users", json("{}"), undefined],
    [
      "text where a number is expected",
      "/users?limit=7",
      {},
      "What comes in a path or a query is text: a schema that converts, such as v.coerce.number(), takes it.",
    ],
    ["an error of a handler", "/conflict", {}, undefined],
  ])("is given for %s", async (_what, path, init, hint) => {
    expect((await problem(path, init)).hint).toBe(hint as string)
    expect((await problem(path, init, { development: false })).hint).toBeUndefined()
  })

  test("leaves the text of the error alone, which says the same everywhere", async () => {
    expect((await problem("/user")).detail).toBe("Nothing is served at GET /user")
  })
})

describe("a place of a stack", () => {
  const withStack = (stack: string, message = "m"): Error => Object.assign(new TypeError(message), { stack })
  test.each<[string, string, string | undefined]>([
    ["Bun and Node", "TypeError: m\n    at f (/app/src/a.ts:3:7)", "/app/src/a.ts"],
    ["without a name", "TypeError: m\n    at /app/src/a.ts:3:7", "/app/src/a.ts"],
    ["a file address", "TypeError: m\n    at f (file:///app/my%20src/a.mjs:3:7)", "/app/my src/a.mjs"],
    ["Windows", "TypeError: m\n    at f (C:\\app\\a.ts:3:7)", "C:\\app\\a.ts"],
    [
      "after those of packages and of the runtime",
      "TypeError: m\n    at g (/app/node_modules/x/i.js:1:1)\n    at native\n    at emit (node:events:524:28)\n    at f (/app/a.ts:3:7)",
      "/app/a.ts",
    ],
    [
      "after those of this package",
      `TypeError: m\n    at g (${new URL("../kernel.ts", import.meta.url).pathname}:1:1)\n    at f (/app/a.ts:3:7)`,
      "/app/a.ts",
    ],
    ["nowhere of ours", "TypeError: m\n    at emit (node:events:524:28)", undefined],
    ["no stack", "", undefined],
  ])("%s", (_what, stack, file) => {
    expect(firstOwnPlace(stackLines(withStack(stack)))?.file).toBe(file as string)
  })

  test.each([
    ["what is no source", "/etc/passwd", 1],
    ["what is not there", "/nowhere/a.ts", 1],
    ["a line beyond the end", import.meta.path, 100_000],
    ["a line before the start", import.meta.path, 0],
    ["a folder", import.meta.dir, 1],
  ])("shows no source for %s", (_what, file, line) => {
    expect(codeFrame({ file, line, column: 1 })).toBeUndefined()
  })

  test("shows no long lines", () => {
    const frame = codeFrame({ file: import.meta.path, line: 1, column: 1 })!
    expect(frame.lines.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5])
    for (const { text } of frame.lines) expect(text.length).toBeLessThanOrEqual(200)
  })
})
