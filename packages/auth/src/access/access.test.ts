import { describe, expect, test } from "bun:test"
import { createApp } from "@ashlar/http"
import fc from "fast-check"
import { createPrincipal, type Decision, defineAccess, definePolicy, guard, type PrincipalInit } from "../index.ts"
import { covers, isPattern } from "./pattern.ts"

interface Post {
  readonly id: string
  readonly authorId: string
  readonly locked?: boolean
}
const told: Decision[] = []
const access = defineAccess({
  actions: ["posts:read", "posts:write", "posts:delete", "users:read", "users:impersonate"],
  roles: {
    reader: { allow: ["posts:read"] },
    editor: { extends: ["reader"], allow: ["posts:write"] },
    keeper: { extends: ["editor", "reader"], allow: ["posts:*", "*:read"] },
    root: { allow: ["*"] },
  },
  policies: {
    "posts:write": definePolicy<Post>()({
      allow: (principal, post) => post.authorId === principal.id,
      deny: (_principal, post) => post.locked === true,
      where: (principal, granted) => (granted ? { locked: false } : { locked: false, authorId: principal.id }),
    }),
    "posts:delete": definePolicy<Post>()({ allow: (principal, post) => post.authorId === principal.id }),
  },
  onDecision: (decision) => void told.push(decision),
})
const who = (init: Partial<PrincipalInit> = {}) => createPrincipal({ id: "ana", kind: "user", ...init })
const mine: Post = { id: "1", authorId: "ana" }
const theirs: Post = { id: "2", authorId: "bob" }

describe("what one may do", () => {
  test("is nothing that nobody allows", () => {
    for (const principal of [who(), who({ roles: ["unknown", "__proto__", "constructor", ""] })]) {
      expect(access.can(principal, "posts:read")).toBe(false)
      expect(access.can(principal, "users:impersonate")).toBe(false)
      expect(access.can(principal, "posts:write", theirs)).toBe(false)
      expect(access.can(principal, "nothing" as "posts:read")).toBe(false)
    }
  })
  test("is what its roles allow, with those that they extend, and patterns", () => {
    const may = (role: string) =>
      access.actions.filter((action) => access.explain(who({ roles: [role] }), action as "posts:write", theirs).allowed)
    expect(may("reader")).toEqual(["posts:read"])
    expect(may("editor")).toEqual(["posts:read", "posts:write"])
    expect(may("keeper")).toEqual(["posts:read", "posts:write", "posts:delete", "users:read"])
    expect(may("root")).toEqual([...access.actions])
  })
  test("is what it was granted besides, and what a policy allows of one resource", () => {
    expect(access.can(who({ permissions: ["users:*"] }), "users:read")).toBe(true)
    expect(access.can(who({ permissions: ["users:*"] }), "posts:read")).toBe(false)
    expect([access.can(who(), "posts:write", mine), access.can(who(), "posts:write", theirs)]).toEqual([true, false])
  })
  test("is nothing that a policy refuses, whoever allows it", () => {
    for (const principal of [who({ roles: ["root"] }), who({ permissions: ["*"] }), who()])
      expect(access.can(principal, "posts:write", { ...mine, locked: true })).toBe(false)
  })
  test("is nothing beyond the scopes of a token, whatever its roles and policies allow", () => {
    const limited = who({ roles: ["root"], scopes: ["posts:read", "users:*"] })
    expect([access.can(limited, "posts:read"), access.can(limited, "users:read")]).toEqual([true, true])
    expect([access.can(limited, "posts:write", mine), access.can(who({ scopes: [] }), "posts:write", mine)]).toEqual([
      false,
      false,
    ])
  })
  test("is nothing of an action about something without what it is about", () => {
    expect(access.can(who({ roles: ["root"] }), "posts:write", undefined as never)).toBe(false)
  })
  test("is explained, and told to an audit log before it counts", () => {
    const explained = (principal: ReturnType<typeof who>, post = mine) =>
      access.explain(principal, "posts:write", post).by
    expect([
      explained(who({ roles: ["editor"] })),
      explained(who({ permissions: ["posts:*"] })),
      explained(who()),
      explained(who(), theirs),
      explained(who({ roles: ["root"], scopes: [] })),
      explained(who({ roles: ["root"] }), { ...mine, locked: true }),
    ]).toEqual(["role editor", "permission posts:*", "policy", "nothing", "scopes", "policy"])
    told.length = 0
    access.can(who({ actor: { id: "root", kind: "user" } }), "posts:read")
    expect(told).toMatchObject([
      { allowed: false, action: "posts:read", principal: { id: "ana", actor: { id: "root" } }, by: "nothing" },
    ])
    const strict = defineAccess({
      actions: ["a"],
      roles: { all: { allow: ["*"] } },
      onDecision: () => {
        throw new RangeError("the log is away")
      },
    })
    expect(() => strict.can(who({ roles: ["all"] }), "a")).toThrow("the log is away")
  })
  test("is a condition of queries", () => {
    expect(access.filter(who({ roles: ["editor"] }), "posts:write")).toEqual({ locked: false })
    expect(access.filter(who(), "posts:write")).toEqual({ locked: false, authorId: "ana" })
    expect(access.filter(who({ scopes: [] }), "posts:write")).toBe("none")
    expect([access.filter(who({ roles: ["reader"] }), "posts:read"), access.filter(who(), "posts:read")]).toEqual([
      "all",
      "none",
    ])
    expect(() => access.filter(who(), "posts:delete")).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" }))
  })
  test("is more than another's, or is not", () => {
    const [reader, editor, root] = ["reader", "editor", "root"].map((role) => who({ roles: [role] }))
    expect([
      access.outranks(root!, editor!),
      access.outranks(editor!, reader!),
      access.outranks(editor!, editor!),
    ]).toEqual([true, true, true])
    expect([access.outranks(reader!, editor!), access.outranks(editor!, who({ permissions: ["users:read"] }))]).toEqual(
      [false, false],
    )
  })
})

describe("rules that do not hold together are refused at boot: AUTH_SETUP_INVALID", () => {
  const roles =
    (some: object, policies: Readonly<Record<string, never>> = {}) =>
    () =>
      defineAccess({ actions: ["a:read", "a:write"], roles: some as Record<string, object>, policies })
  test.each<[string, () => unknown]>([
    ["a circle", roles({ a: { extends: ["b"] }, b: { extends: ["c"] }, c: { extends: ["a"] } })],
    ["itself", roles({ a: { extends: ["a"] } })],
    ["a role that there is not", roles({ a: { extends: ["admn"] }, admin: {} })],
    ["an action that there is not", roles({ a: { allow: ["a:raed"] } })],
    ["a pattern that means nothing", roles({ a: { allow: ["b:*"] } })],
    ["a pattern that is none", roles({ a: { allow: ["a*"] } })],
    ["a policy of nothing", roles({}, { "a:delete": {} as never })],
    ["no actions", () => defineAccess({ actions: [], roles: {} })],
    ["an action that is a pattern", () => defineAccess({ actions: ["a:*"], roles: {} })],
  ])("%s", (_what, make) => expect(make).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" })))
  test("and the circle is named", () =>
    expect(roles({ a: { extends: ["b"] }, b: { extends: ["a"] } })).toThrow("a → b → a"))
})

describe("patterns", () => {
  test.each<[string, string, boolean]>([
    ["*", "a", true],
    ["*", "a:b:c", true],
    ["a:*", "a:b", true],
    ["a:*", "a:b:c", true],
    ["a:*", "a", false],
    ["a:*", "ab:c", false],
    ["a:*:c", "a:b:c", true],
    ["a:*:c", "a:b:d", false],
    ["a:*:c", "a:b:b:c", false],
    ["*:read", "a:read", true],
    ["*:read", "a:b:read", false],
    ["a", "a:b", false],
    ["a:b", "a", false],
    ["A", "a", false],
  ])("%s is for %s: %p", (pattern, action, is) => expect(covers(pattern, action)).toBe(is))
  test("mean what an expression of the same would, and never more than `*`", () => {
    const part = fc.constantFrom("a", "b", "c", "*")
    const texts = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(":"))
    fc.assert(
      fc.property(texts, texts, (pattern, action) => {
        if (action.includes("*")) return
        const source = pattern
          .split(":")
          .map((one, at, all) => (one !== "*" ? one : at === all.length - 1 ? ".+" : "[^:]+"))
          .join(":")
        expect(covers(pattern, action)).toBe(new RegExp(`^${source}$`).test(action))
        expect(isPattern(pattern)).toBe(true)
      }),
    )
  })
})

test("more roles, permissions and scopes never allow less, and fewer never more", () => {
  const role = fc.subarray(["reader", "editor", "keeper", "root"])
  const pattern = fc.subarray(["posts:read", "posts:*", "users:*", "*"])
  const action = fc.constantFrom(...access.actions)
  fc.assert(
    fc.property(role, pattern, pattern, action, (roles, permissions, scopes, one) => {
      const may = (init: Partial<PrincipalInit>) => access.explain(who(init), one as "posts:write", theirs).allowed
      const base = may({ roles, permissions, scopes })
      if (base)
        expect([may({ roles: [...roles, "root"], permissions, scopes }), may({ roles, permissions })]).toEqual([
          true,
          true,
        ])
      else
        expect(may({ roles: roles.slice(1), permissions: permissions.slice(1), scopes: scopes.slice(1) })).toBe(false)
      expect(may({ roles, permissions, scopes: [] })).toBe(false)
    }),
  )
})

describe("a layer", () => {
  const posts = new Map([mine, theirs].map((post) => [post.id, post]))
  const signedIn = guard({
    name: "signedIn",
    security: {},
    challenge: { scheme: "Bearer" },
    identify: ({ headers }) => (headers.has("x-role") ? who({ roles: [headers.get("x-role")!] }) : undefined),
  })
  const app = createApp()
  app.scope("/", [signedIn], (scope) => {
    scope.get("/users", { layers: [access.authorize("users:read")] }, () => "users")
    const find = async ({ params }: { params: Readonly<Record<string, string | undefined>> }) =>
      posts.get(params.id ?? "")
    scope.put("/posts/:id", { layers: [access.authorize("posts:write", find)] }, () => "written")
  })
  const ask = async (method: string, path: string, role?: string) => {
    const headers = role === undefined ? {} : { "x-role": role }
    const response = await app.fetch(new Request(`https://a.test${path}`, { method, headers }))
    return response.ok ? response.status : ((await response.json()) as { code: string }).code
  }
  test("lets those pass who may, and tells others what they lack: AUTH_FORBIDDEN", async () => {
    expect(await ask("GET", "/users", "keeper")).toBe(200)
    expect(await ask("GET", "/users", "editor")).toBe("AUTH_FORBIDDEN")
    expect(await ask("GET", "/users")).toBe("AUTH_CREDENTIALS_MISSING")
    expect([await ask("PUT", "/posts/1", "none"), await ask("PUT", "/posts/2", "none")]).toEqual([
      200,
      "AUTH_FORBIDDEN",
    ])
    expect([await ask("PUT", "/posts/2", "editor"), await ask("PUT", "/posts/3", "root")]).toEqual([
      200,
      "HTTP_NOT_FOUND",
    ])
    expect(() => access.check(who(), "users:read")).toThrow(expect.objectContaining({ code: "AUTH_FORBIDDEN" }))
  })
  test("is in the table, for whoever makes a matrix of it", () => {
    const record = app.table().records.find(({ path }) => path === "/users")!
    expect([record.meta.action, record.layers.at(-1)!.name]).toEqual(["users:read", "authorize(users:read)"])
  })
  test("refuses whoever nobody told of", async () => {
    const bare = createApp()
    bare.get("/", { layers: [access.authorize("users:read")] as never }, () => "in")
    expect((await bare.fetch(new Request("https://a.test/"))).status).toBe(401)
  })
})
