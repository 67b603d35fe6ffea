import { describe, expect, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { v } from "@ashlar/validation"
import fc from "fast-check"
import { type JsonFault, jsonDefaults, jsonFault } from "./json-bounds.ts"
import { type RequestBoundsOptions, requestBounds } from "./request-bounds.ts"

const fault = (text: string, bounds: Partial<typeof jsonDefaults> = {}) =>
  jsonFault(new TextEncoder().encode(text), { ...jsonDefaults, ...bounds })

describe("JSON is measured before it is read", () => {
  test.each<[string, string, JsonFault | undefined]>([
    ["a deep list", "[".repeat(33), "maxDepth"],
    ["a list as deep as may be", "[".repeat(32) + "]".repeat(32), undefined],
    ["a bomb of lists", "[".repeat(10_000_000), "maxDepth"],
    ["a bomb of objects", '{"a":'.repeat(100_000), "maxDepth"],
    ["a wide list", `[${"1,".repeat(10_000)}1]`, "maxItems"],
    ["a wide object", `{${Array.from({ length: 1_001 }, (_, n) => `"k${n}":1`).join()}}`, "maxMembers"],
    ["one name a thousand times", `{${'"a":1,'.repeat(1_000)}"a":1}`, "maxMembers"],
    ["many small lists", `[${"[1,2,3,4,5,6,7,8,9],".repeat(9_999)}[]]`, undefined],
    ["more values than may be", `[${`[${"1,".repeat(99)}1],`.repeat(1_000)}1]`, "maxValues"],
    ["a long text", `"${"a".repeat(1_000_001)}"`, "maxTextBytes"],
    ["a long name", `{"${"a".repeat(257)}":1}`, "maxNameBytes"],
    ["a number of a thousand digits", "1".repeat(1_000), "maxNumberLength"],
    ["a prototype", '{"__proto__":{"admin":true}}', "pollution"],
    ["a prototype further in", '[{"a":[{"__proto__":1}]}]', "pollution"],
    ["a prototype with escapes", '{"\\u005f_proto_\\u005F":1}', "pollution"],
    [
      "a prototype all of escapes",
      `{"${[..."__proto__"].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}":1}`,
      "pollution",
    ],
    ["a constructor's prototype", '{"constructor":{"prototype":{"admin":1}}}', "pollution"],
    ["a constructor's prototype, escaped", '{"c\\u006fnstructor" : { "a":1, "prototyp\\u0065":1}}', "pollution"],
    ["a constructor", '{"constructor":"Ferrari","prototype":1}', undefined],
    ["the word as a value", '{"a":"__proto__","b":["__proto__"]}', undefined],
    ["brackets and quotes in texts", '{"a":"[[[[{{{{\\"__proto__\\":","b":"\\\\"}', undefined],
    ["nothing", "", undefined],
    ["no JSON", "}]}{,:\\", undefined],
    ["a text that does not end", '{"a":"b', undefined],
  ])("%s", (_what, text, expected) => expect(fault(text)).toBe(expected))
  test("as it is, whatever it is", () => {
    const measure = (value: unknown): { depth: number; values: number; members: number; items: number } => {
      if (typeof value !== "object" || value === null) return { depth: 0, values: 1, members: 0, items: 0 }
      const own = Array.isArray(value)
        ? { members: 0, items: value.length }
        : { members: Object.keys(value).length, items: 0 }
      const inner = Object.values(value).map(measure)
      const most = (key: "depth" | "members" | "items") => Math.max(0, ...inner.map((one) => one[key]))
      return {
        depth: 1 + most("depth"),
        values: 1 + inner.reduce((sum, one) => sum + one.values, 0),
        members: Math.max(own.members, most("members")),
        items: Math.max(own.items, most("items")),
      }
    }
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        if (/__proto__|constructor/.test(text)) return
        const { depth, values, members, items } = measure(value)
        const exact = { maxDepth: depth, maxValues: values, maxMembers: members, maxItems: items }
        expect(fault(text, exact)).toBe(undefined)
        if (depth > 0) expect(fault(text, { ...exact, maxDepth: depth - 1 })).toBe("maxDepth")
        expect(fault(text, { ...exact, maxValues: values - 1 })).toBe("maxValues")
        if (members > 0) expect(fault(text, { ...exact, maxMembers: members - 1 })).toBe("maxMembers")
        if (items > 0) expect(fault(text, { ...exact, maxItems: items - 1 })).toBe("maxItems")
      }),
    )
  })
})

describe("the layer", () => {
  const appOf = (options?: RequestBoundsOptions) => {
    const app = createApp({ layers: [requestBounds(options)], maxBodyBytes: 50_000_000 })
    app.get("/a", () => "ok")
    app.get("/a/:id", (ctx) => ctx.params.id)
    app.post("/raw", async (ctx) => ctx.json(await ctx.read("json")))
    app.post("/form", async (ctx) => ctx.json(await ctx.read("form")))
    app.post("/typed", { body: v.object({ name: v.string() }) }, (ctx) => ctx.body.name)
    return async (path: string, init?: RequestInit) => {
      const response = await app.fetch(new Request(`http://localhost${path}`, init))
      const text = await response.text()
      return { status: response.status, text, code: response.ok ? undefined : (JSON.parse(text).code as string) }
    }
  }
  const json = (body: string, type = "application/json"): RequestInit => ({
    method: "POST",
    body,
    headers: { "content-type": type },
  })
  const ask = appOf()

  test.each<[string, string, RequestInit | undefined, number, string]>([
    ["a long address", `/a?${"x".repeat(8_192)}`, undefined, 414, "SECURITY_URL_TOO_LONG"],
    ["a long path", `/a/${"x".repeat(8_192)}`, undefined, 414, "SECURITY_URL_TOO_LONG"],
    ["many pairs", `/a?${"a&".repeat(200)}`, undefined, 413, "SECURITY_REQUEST_TOO_COMPLEX"],
    [
      "many headers",
      "/a",
      { headers: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`x-${n}`, "1"])) },
      431,
      "SECURITY_HEADERS_TOO_LARGE",
    ],
    ["long headers", "/a", { headers: { "x-a": "x".repeat(40_000) } }, 431, "SECURITY_HEADERS_TOO_LARGE"],
    ["a deep bomb", "/raw", json("[".repeat(5_000_000)), 413, "SECURITY_REQUEST_TOO_COMPLEX"],
    ["a wide bomb", "/raw", json(`[${"0,".repeat(5_000_000)}0]`), 413, "SECURITY_REQUEST_TOO_COMPLEX"],
    [
      "a deep bomb that calls itself other JSON",
      "/raw",
      json("[".repeat(5_000), "Application/Problem+JSON; charset=utf-8"),
      413,
      "SECURITY_REQUEST_TOO_COMPLEX",
    ],
    ["a deep bomb for a schema", "/typed", json('{"a":'.repeat(5_000)), 413, "SECURITY_REQUEST_TOO_COMPLEX"],
    [
      "a wide form",
      "/form",
      json("a&".repeat(5_000), "application/x-www-form-urlencoded"),
      413,
      "SECURITY_REQUEST_TOO_COMPLEX",
    ],
    ["a prototype", "/typed", json('{"name":"a","__proto__":{"admin":1}}'), 400, "SECURITY_NAME_REFUSED"],
    ["NUL in a path", "/a/x%00y", undefined, 400, "SECURITY_TEXT_REFUSED"],
    ["NUL in a query", "/a?x=%00", undefined, 400, "SECURITY_TEXT_REFUSED"],
    ["bytes that are no text in a query", "/a?x=%ff", undefined, 400, "SECURITY_TEXT_REFUSED"],
    ["NUL in JSON", "/typed", json('{"name":"a\\u0000b"}'), 400, "SECURITY_TEXT_REFUSED"],
    ["NUL in a name of JSON", "/raw", json('{"na\\u0000me":1}'), 400, "SECURITY_TEXT_REFUSED"],
    ["half a character in JSON", "/typed", json('{"name":"\\ud800"}'), 400, "SECURITY_TEXT_REFUSED"],
  ])("refuses %s", async (_what, path, init, status, code) => {
    expect(await ask(path, init)).toMatchObject({ status, code })
  })
  test("lets through what is honest, and the route reads it as ever", async () => {
    expect(await ask("/a?a=1&b=%C3%A9")).toMatchObject({ status: 200, text: "ok" })
    expect((await ask("/typed", json('{"name":"Zoë \\u00e9 \\ud83d\\ude00"}'))).text).toBe("Zoë é 😀")
    expect((await ask("/raw", json('{"a":[1,{"b":null}]}'))).text).toBe('{"a":[1,{"b":null}]}')
    expect((await ask("/form", json("a=1&b=2", "application/x-www-form-urlencoded"))).text).toBe('{"a":"1","b":"2"}')
    expect((await ask("/raw", json("{oops"))).code).toBe("HTTP_BODY_INVALID")
    expect((await ask("/typed", json('{"name":7}'))).status).toBe(422)
  })
  test("asks for more where it is told to, and for less", async () => {
    const strict = appOf({ refuseText: ["bidi", "invisible", "control"], json: { maxDepth: 1 } })
    expect((await strict("/typed", json('{"name":"a\u202eb"}'))).code).toBe("SECURITY_TEXT_REFUSED")
    expect((await strict("/typed", json('{"name":"a\\u200bb"}'))).code).toBe("SECURITY_TEXT_REFUSED")
    expect((await strict("/typed", json('{"name":"a\\bb"}'))).code).toBe("SECURITY_TEXT_REFUSED")
    expect((await strict("/raw", json('{"a":[]}'))).code).toBe("SECURITY_REQUEST_TOO_COMPLEX")
    const loose = appOf({ json: false, refuseText: [] })
    expect((await loose("/raw", json("[".repeat(100) + "]".repeat(100)))).status).toBe(200)
    expect((await loose("/a/x%00y")).status).toBe(200)
  })
  test.each<RequestBoundsOptions>([
    { maxUrlLength: 1 },
    { maxPairs: 0 },
    { maxHeaders: 1.5 },
    { json: { maxDepth: 0 } },
    { json: { maxValues: Number.NaN } },
    { refuseText: ["what" as "nul"] },
  ])("%p is refused: SECURITY_BOUND_INVALID", (options) => {
    expect(() => requestBounds(options)).toThrow(expect.objectContaining({ code: "SECURITY_BOUND_INVALID" }))
  })
})
