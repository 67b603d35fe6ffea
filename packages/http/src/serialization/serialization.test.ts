import { describe, expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { z } from "zod"
import { type AnySchema, createApp, layer } from "../index.ts"
import { toJsonSchema } from "../routes/json-schema.ts"
import { except, hidden, only, serialize } from "./index.ts"

const User = v
  .object({
    id: v.integer(),
    password: v.string(),
    email: v.string(),
    team: v.object({ name: v.string(), token: v.string() }),
    posts: v.array(v.object({ title: v.string(), draft: v.string() })),
  })
  .meta({ id: "User", title: "User" })
const user = {
  id: 1,
  password: "hunter2",
  email: "a@x.org",
  team: { name: "A", token: "t" },
  posts: [{ title: "P", draft: "d" }],
}

async function answered(response: AnySchema, value: unknown, checkResponses: boolean, role = ""): Promise<unknown> {
  const app = createApp({ checkResponses, development: false, onError: () => undefined })
  const roles = layer({ name: "roles", before: (ctx) => ({ roles: [ctx.headers.get("role") ?? ""] }) })
  app.get("/", { response, layers: [roles] }, () => value as never)
  const answer = await app.fetch(new Request("http://localhost/", { headers: { role } }))
  return answer.status === 200 ? await answer.json() : answer.status
}

describe.each([[true], [false]])("with checkResponses %p", (isChecking) => {
  test.each<[string, AnySchema, object]>([
    [
      "hidden members are left out",
      hidden(User, "password", "team.token", "posts.draft"),
      { id: 1, email: "a@x.org", team: { name: "A" }, posts: [{ title: "P" }] },
    ],
    ["except is the same", except(User, "password", "team", "posts", "email"), { id: 1 }],
    [
      "only the named ones are there",
      only(User, "id", "team.name", "posts.title"),
      { id: 1, team: { name: "A" }, posts: [{ title: "P" }] },
    ],
    [
      "of the named ones, hidden ones are not",
      serialize(User, { only: ["id", "team"], hidden: ["team.token"] }),
      { id: 1, team: { name: "A" } },
    ],
    ["a member may be the whole of itself", only(User, "team"), { team: user.team }],
  ])("%s", async (_what, schema, expected) => {
    expect(await answered(schema, user, isChecking)).toEqual(expected)
  })

  test("lists are passed through", async () => {
    expect(await answered(hidden(v.array(User), "password", "email", "team", "posts"), [user], isChecking)).toEqual([
      { id: 1 },
    ])
  })
  test("a record's members are named by a star", async () => {
    const schema = v.record(v.string(), v.object({ id: v.integer(), token: v.string() }))
    const value = { a: { id: 1, token: "t" }, "1": { id: 2, token: "t" } }
    expect(await answered(hidden(schema, "*.token" as never), value, isChecking)).toEqual({
      a: { id: 1 },
      "1": { id: 2 },
    })
  })
  test("an open object takes any key but a hidden one", async () => {
    const schemas = [
      hidden(v.object({ id: v.integer(), password: v.string() }).passthrough(), "password"),
      hidden(z.looseObject({ id: z.int(), password: z.string() }), "password"),
    ]
    for (const schema of schemas)
      expect(await answered(schema, { id: 1, password: "x", more: 2 }, isChecking)).toEqual({ id: 1, more: 2 })
  })
  test("intersections hide in all of their parts", async () => {
    const schema = v.intersection([v.object({ id: v.integer() }), v.object({ password: v.string() })])
    expect(await answered(hidden(schema, "password"), { id: 1, password: "x" }, isChecking)).toEqual({ id: 1 })
  })
  test("what is hidden need not be there, and the rest must be", async () => {
    const schema = hidden(User, "password", "team.token")
    const { password: _, ...rest } = user
    expect(await answered(schema, { ...rest, team: { name: "A" } }, isChecking)).toMatchObject({
      id: 1,
      team: { name: "A" },
    })
    expect(await answered(schema, { ...user, id: "x" }, isChecking)).toEqual(isChecking ? 500 : expect.anything())
  })

  const byRole = serialize(User, {
    hidden: ["password"],
    groups: { admin: ["email", "team.token"], author: ["posts.draft", "email"] },
    groupsOf: (ctx: { roles: string[] }) => ctx.roles,
  })
  const seen = { id: 1, team: { name: "A" }, posts: [{ title: "P" }] }
  test.each<[string, object]>([
    ["admin", { ...seen, email: "a@x.org", team: user.team }],
    ["author", { ...seen, email: "a@x.org", posts: user.posts }],
    ["nobody", seen],
    ["__proto__", seen],
    ["", seen],
  ])("a caller of the group %p sees what it has", async (role, expected) => {
    expect(await answered(byRole, user, isChecking, role)).toEqual(expected)
  })
  test("without a way to know groups nobody is in one", async () => {
    expect(
      await answered(serialize(User, { groups: { admin: ["email"] } }), user, isChecking, "admin"),
    ).not.toHaveProperty("email")
  })
})

describe("the document", () => {
  test("names nothing that is hidden, nor the schema that has it", () => {
    const text = JSON.stringify(toJsonSchema(hidden(User, "password", "team.token"), "output"))
    expect(text).not.toContain("password")
    expect(text).not.toContain("token")
    expect(text).not.toContain("User")
  })
  test("does not promise what only a group sees", () => {
    const described = toJsonSchema(serialize(User, { hidden: ["password"], groups: { admin: ["email"] } }), "output")
    expect(Object.keys(described.properties as object)).toEqual(["id", "email", "team", "posts"])
    expect(described.required).toEqual(["id", "team", "posts"])
  })
  test("of a recursive schema shows it once without, and then as it is said", () => {
    const Tree = z.object({
      name: z.string(),
      secret: z.string(),
      get children() {
        return z.array(Tree)
      },
    })
    const described = toJsonSchema(hidden(Tree, "secret"), "output") as { properties: object; $defs?: object }
    expect(Object.keys(described.properties)).toEqual(["name", "children"])
  })
})

describe("a schema is refused", () => {
  test.each<[string, () => unknown]>([
    ["without such a member", () => hidden(User, "pasword" as never)],
    ["without such a member inside", () => hidden(User, "team.tokn" as never)],
    ["in a group too", () => serialize(User, { groups: { admin: ["emial" as never] } })],
    ["by a key that every object inherits", () => hidden(User, "constructor" as never)],
    [
      "whose library says nothing of its members",
      () =>
        hidden(
          { "~standard": { version: 1, vendor: "x", validate: (value: unknown) => ({ value }) } } as AnySchema,
          "a" as never,
        ),
    ],
    [
      "with too many groups",
      () => serialize(User, { groups: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`g${at}`, []])) }),
    ],
  ])("%s", (_what, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "HTTP_SERIALIZATION_INVALID" }))
  })
})
