import { describe, expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { fromTypeBox } from "@ashlar/validation/typebox"
import { type } from "arktype"
import { Type } from "typebox"
import { Compile } from "typebox/compile"
import * as valibot from "valibot"
import { z } from "zod"
import { type AnySchema, createApp, errors, fail, Reply } from "../index.ts"
import { trimOf } from "./trim.ts"

/** What a handler returned, as a caller gets it. */
async function answered(response: AnySchema, value: unknown, checkResponses = false): Promise<unknown> {
  const app = createApp({ checkResponses, development: false, onError: () => undefined })
  app.get("/", { response }, () => value as never)
  const answer = await app.fetch(new Request("http://localhost/"))
  return answer.status === 200 ? await answer.json() : answer.status
}

const leaky = { id: 1, password: "hunter2" }

describe("what a schema changes is sent as it makes it", () => {
  test.each<[string, AnySchema, unknown, unknown]>([
    ["a default of v", v.object({ id: v.integer(), at: v.string().default("now") }), leaky, { id: 1, at: "now" }],
    ["a coercion of v", v.object({ id: v.coerce.integer() }), { id: "1", password: "x" }, { id: 1 }],
    ["a transform of v", v.object({ id: v.integer().transform((id) => `#${id}`) }), leaky, { id: "#1" }],
    ["a default of Zod", z.object({ id: z.int(), at: z.string().default("now") }), leaky, { id: 1, at: "now" }],
    ["a transform of Zod", z.object({ id: z.int().transform((id) => `#${id}`) }), leaky, { id: "#1" }],
    ["a default of ArkType", type({ id: "number", at: "string = 'now'" }), leaky, { id: 1, at: "now" }],
  ])("%s", async (_what, schema, value, expected) => {
    expect(await answered(schema, value, true)).toEqual(expected)
    expect(await answered(schema, value, false)).toEqual(expected)
  })
  test("and what does not fit as it is, where nobody checks", async () => {
    const schema = v.object({ id: v.integer(), at: v.string().default("now") })
    expect(await answered(schema, { id: "1", password: "x" }, false)).toEqual({ id: "1" })
    expect(await answered(schema, { id: "1" }, true)).toBe(500)
  })
})

describe("a schema whose library gives no JSON Schema", () => {
  const User = valibot.object({ id: valibot.number(), at: valibot.optional(valibot.string(), "now") })
  test.each([true, false])(
    "is asked itself, and what it makes of a value is sent (checkResponses: %p)",
    async (checks) => {
      expect(await answered(User, leaky, checks)).toEqual({ id: 1, at: "now" })
      expect(await answered(valibot.array(User), [leaky], checks)).toEqual([{ id: 1, at: "now" }])
      expect(await answered(User, { id: "1", password: "x" }, checks)).toBe(500)
      expect(await answered(valibot.looseObject({ id: valibot.number() }), leaky, checks)).toEqual(leaky)
    },
  )
  test("leaves alone what is no JSON", async () => {
    const app = createApp()
    app.get("/", { response: User }, () => new Response("ready") as never)
    expect(await (await app.fetch(new Request("http://localhost/"))).text()).toBe("ready")
  })
})

describe("an answer has only the keys of its schema", () => {
  const cases: [string, AnySchema, unknown, unknown][] = [
    ["v", v.object({ id: v.integer() }), leaky, { id: 1 }],
    ["v, stripping", v.object({ id: v.integer() }).strip(), leaky, { id: 1 }],
    ["Zod", z.object({ id: z.int() }), leaky, { id: 1 }],
    ["Zod, with a transform", z.object({ id: z.int(), at: z.string().transform(Number).optional() }), leaky, { id: 1 }],
    ["ArkType", type({ id: "number" }), leaky, { id: 1 }],
    ["TypeBox", fromTypeBox(Compile(Type.Object({ id: Type.Integer() }))), leaky, { id: 1 }],
    ["a list", v.array(v.object({ id: v.integer() })), [leaky, { id: 2 }], [{ id: 1 }, { id: 2 }]],
    ["a tuple", v.tuple([v.object({ id: v.integer() }), v.string()]), [leaky, "x"], [{ id: 1 }, "x"]],
    ["a record", v.record(v.string(), v.object({ id: v.integer() })), { a: leaky }, { a: { id: 1 } }],
    ["inside", v.object({ user: v.object({ id: v.integer() }).nullable() }), { user: leaky }, { user: { id: 1 } }],
    ["null inside", v.object({ user: v.object({ id: v.integer() }).nullable() }), { user: null, x: 1 }, { user: null }],
    [
      "a tagged union",
      v.discriminatedUnion("kind", [
        v.object({ kind: v.literal("a"), id: v.integer() }),
        v.object({ kind: v.literal("b"), password: v.string() }),
      ]),
      { kind: "a", ...leaky },
      { kind: "a", id: 1 },
    ],
    ["a union without tags", z.union([z.object({ id: z.int() }), z.object({ name: z.string() })]), leaky, { id: 1 }],
    ["a union with a scalar", type({ id: "number" }).or("string"), leaky, { id: 1 }],
    [
      "an intersection",
      v.intersection([v.object({ id: v.integer() }), v.object({ b: v.string() })]),
      { ...leaky, b: "" },
      { id: 1, b: "" },
    ],
    [
      "an instance",
      v.object({ id: v.integer() }),
      new (class {
        id = 1
        password = "x"
      })(),
      { id: 1 },
    ],
  ]
  test.each(cases)("%s", async (_what, schema, value, expected) => {
    expect(await answered(schema, value)).toEqual(expected)
    expect(await answered(schema, value, true)).toEqual(expected)
  })

  test("of an instance with a JSON form, those of that form", async () => {
    class User {
      readonly #all = leaky
      toJSON(): unknown {
        return this.#all
      }
    }
    expect(await answered(v.object({ id: v.integer() }), new User())).toEqual({ id: 1 })
  })

  test("where it refers to itself, all the way down", async () => {
    const Tree = z.object({
      id: z.int(),
      get next() {
        return Tree.optional()
      },
    })
    expect(await answered(Tree, { ...leaky, next: { ...leaky, next: leaky } })).toEqual({
      id: 1,
      next: { id: 1, next: { id: 1 } },
    })
  })

  test("by the status of a reply, and not those of errors and responses", async () => {
    const app = createApp()
    const response = { 201: v.object({ id: v.integer() }), 204: null }
    // @ts-expect-error: the type refuses the password too
    app.post("/", { response }, (ctx) => ctx.json(leaky, 201).withHeaders({ "x-a": "1" }))
    app.get("/error", { response, errors: [errors.Conflict] }, () => fail(errors.Conflict, "no", { id: 1, more: 2 }))
    app.get("/raw", { response }, () => Response.json(leaky))
    const created = await app.fetch(new Request("http://localhost/", { method: "POST" }))
    expect([created.status, created.headers.get("x-a"), await created.json()]).toEqual([201, "1", { id: 1 }])
    const failed = await app.fetch(new Request("http://localhost/error"))
    expect(((await failed.json()) as { details: unknown }).details).toEqual({ id: 1, more: 2 })
    expect(await (await app.fetch(new Request("http://localhost/raw"))).json()).toEqual(leaky)
  })

  test("that are its own: no key is taken from a prototype, and none becomes one", async () => {
    const value = JSON.parse('{"id":1,"__proto__":{"admin":true},"constructor":1}') as object
    expect(await answered(v.object({ id: v.integer() }), value)).toEqual({ id: 1 })
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  test("and streams pass as they are", async () => {
    const checked = createApp({ checkResponses: false })
    checked.get(
      "/",
      { response: v.object({ id: v.integer() }) },
      () => new Reply(200, new Blob(["x"]).stream()) as never,
    )
    expect(await (await checked.fetch(new Request("http://localhost/"))).text()).toBe("x")
  })
})

describe("an answer is left as it is", () => {
  test.each<[string, AnySchema, unknown]>([
    ["where nothing is to be left out", v.object({ id: v.integer() }), { id: 1 }],
    ["where its schema takes any key", v.object({ id: v.integer() }).passthrough(), leaky],
    ["where it is no object", v.string(), "x"],
    ["where it may be any object", type("object"), leaky],
    ["where one alternative may be any object", type({ id: "number" }).or("object"), leaky],
    ["where one alternative may be anything", z.union([z.object({ id: z.int() }), z.unknown()]), leaky],
    ["where its schema is open by its word", z.looseObject({ id: z.int() }), leaky],
  ])("%s", (_what, schema, value) => {
    expect(trimOf(schema)?.(value) ?? value).toBe(value as never)
  })
})

describe("what does not fit is still a defect where answers are checked", () => {
  test("and nowhere else", async () => {
    expect(await answered(v.object({ id: v.integer() }), { id: "x" }, true)).toBe(500)
    expect(await answered(v.object({ id: v.integer() }), { id: "x" })).toEqual({ id: "x" })
  })
})
