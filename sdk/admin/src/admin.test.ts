import { describe, expect, test } from "bun:test"
import type { Health } from "@ashlar/sdk"
import { type Admin, createAdmin } from "./admin.ts"
import { everyItem } from "./paging.ts"

interface Seen {
  call: string
  body: unknown
  authorization: string | null
}

/** A client on a server that answers `{}` to everything and writes down what it was asked. */
function recorded() {
  const seen: Seen[] = []
  const admin = createAdmin({
    url: "http://ashlar.test",
    credential: "token",
    async fetch(input, init = {}) {
      const { pathname, search } = new URL(input)
      seen.push({
        call: `${init.method} ${pathname}${search}`,
        body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
        authorization: new Headers(init.headers).get("authorization"),
      })
      return init.method === "DELETE" ? new Response(null, { status: 204 }) : Response.json({})
    },
  })
  return { admin, seen }
}

const code = (name: string) => expect.objectContaining({ code: name })
const page = { limit: 5, cursor: "c" }

const calls: [string, (admin: Admin) => Promise<unknown>, string, unknown?][] = [
  ["setup.check", (a) => a.setup.check("t"), "POST /v1/setup/check", { token: "t" }],
  ["reset.check", (a) => a.reset.check("t"), "POST /v1/auth/reset/check", { token: "t" }],
  [
    "reset.complete",
    (a) => a.reset.complete({ token: "t", password: "p" }),
    "POST /v1/auth/reset",
    { token: "t", password: "p" },
  ],
  ["me", (a) => a.me(), "GET /v1/auth/me"],
  ["sessions.list", (a) => a.sessions.list(page), "GET /v1/auth/sessions?limit=5&cursor=c"],
  ["sessions.revoke", (a) => a.sessions.revoke("s1"), "DELETE /v1/auth/sessions/s1"],
  ["projects.list", (a) => a.projects.list(), "GET /v1/projects"],
  ["projects.get", (a) => a.projects.get("p"), "GET /v1/projects/p"],
  ["projects.create", (a) => a.projects.create({ name: "P" }), "POST /v1/projects", { name: "P" }],
  ["projects.rename", (a) => a.projects.rename("p", "Q"), "PATCH /v1/projects/p", { name: "Q" }],
  ["projects.delete", (a) => a.projects.delete("p"), "DELETE /v1/projects/p"],
  ["members.list", (a) => a.members.list("p", page), "GET /v1/projects/p/members?limit=5&cursor=c"],
  [
    "members.add",
    (a) => a.members.add("p", { email: "a@b.c", role: "viewer" }),
    "POST /v1/projects/p/members",
    { email: "a@b.c", role: "viewer" },
  ],
  ["members.change", (a) => a.members.change("p", "u", "owner"), "PATCH /v1/projects/p/members/u", { role: "owner" }],
  ["members.remove", (a) => a.members.remove("p", "u"), "DELETE /v1/projects/p/members/u"],
  ["keys.list", (a) => a.keys.list("p"), "GET /v1/projects/p/keys"],
  [
    "keys.create",
    (a) => a.keys.create("p", { kind: "secret", name: "k" }),
    "POST /v1/projects/p/keys",
    { kind: "secret", name: "k" },
  ],
  ["keys.rotate", (a) => a.keys.rotate("p", "k"), "POST /v1/projects/p/keys/k/rotate"],
  ["keys.revoke", (a) => a.keys.revoke("p", "k"), "DELETE /v1/projects/p/keys/k"],
  [
    "users.list",
    (a) => a.users.list("p", { limit: 5, email: "a@b.c" }),
    "GET /v1/projects/p/auth/users?limit=5&email=a%40b.c",
  ],
  ["users.get", (a) => a.users.get("p", "u"), "GET /v1/projects/p/auth/users/u"],
  [
    "users.create",
    (a) => a.users.create("p", { email: "a@b.c" }),
    "POST /v1/projects/p/auth/users",
    { email: "a@b.c" },
  ],
  [
    "users.update",
    (a) => a.users.update("p", "u", { disabled: true }),
    "PATCH /v1/projects/p/auth/users/u",
    { disabled: true },
  ],
  ["users.delete", (a) => a.users.delete("p", "u"), "DELETE /v1/projects/p/auth/users/u"],
  ["users.signOut", (a) => a.users.signOut("p", "u"), "POST /v1/projects/p/auth/users/u/signout"],
  ["users.settings", (a) => a.users.settings("p"), "GET /v1/projects/p/auth/settings"],
  [
    "users.changeSettings",
    (a) => a.users.changeSettings("p", { signups: "closed" }),
    "PATCH /v1/projects/p/auth/settings",
    { signups: "closed" },
  ],
  ["audit.list", (a) => a.audit.list("p", page), "GET /v1/projects/p/audit?limit=5&cursor=c"],
  ["kms.list", (a) => a.kms.list("p", page), "GET /v1/projects/p/kms/keys?limit=5&cursor=c"],
  ["kms.get", (a) => a.kms.get("p", "a/b"), "GET /v1/projects/p/kms/keys/a%2Fb"],
  ["kms.create", (a) => a.kms.create("p", { name: "k" }), "POST /v1/projects/p/kms/keys", { name: "k" }],
  ["kms.rotate", (a) => a.kms.rotate("p", "k"), "POST /v1/projects/p/kms/keys/k/rotate", {}],
  ["kms.rewrap", (a) => a.kms.rewrap("p", "k"), "POST /v1/projects/p/kms/keys/k/rewrap", {}],
  [
    "kms.setMinimumVersion",
    (a) => a.kms.setMinimumVersion("p", "k", 2),
    "PATCH /v1/projects/p/kms/keys/k",
    { minimumVersion: 2 },
  ],
  ["kms.disable", (a) => a.kms.disable("p", "k"), "POST /v1/projects/p/kms/keys/k/disable", {}],
  ["kms.enable", (a) => a.kms.enable("p", "k"), "POST /v1/projects/p/kms/keys/k/enable", {}],
  [
    "kms.scheduleDeletion",
    (a) => a.kms.scheduleDeletion("p", "k", 7),
    "POST /v1/projects/p/kms/keys/k/schedule-deletion",
    { days: 7 },
  ],
  ["kms.cancelDeletion", (a) => a.kms.cancelDeletion("p", "k"), "POST /v1/projects/p/kms/keys/k/cancel-deletion", {}],
  ["secrets.list", (a) => a.secrets.list("p"), "GET /v1/projects/p/secrets"],
  ["secrets.set", (a) => a.secrets.set("p", "s", { value: "v" }), "PUT /v1/projects/p/secrets/s", { value: "v" }],
  ["secrets.reveal", (a) => a.secrets.reveal("p", "s"), "POST /v1/projects/p/secrets/s/reveal", {}],
  [
    "secrets.reveal of a version",
    (a) => a.secrets.reveal("p", "s", 2),
    "POST /v1/projects/p/secrets/s/reveal",
    { version: 2 },
  ],
  ["secrets.history", (a) => a.secrets.history("p", "s"), "GET /v1/projects/p/secrets/s/history"],
  ["secrets.remove", (a) => a.secrets.remove("p", "s"), "DELETE /v1/projects/p/secrets/s"],
  ["collections.list", (a) => a.collections.list("p"), "GET /v1/projects/p/collections"],
  ["collections.get", (a) => a.collections.get("p", "c"), "GET /v1/projects/p/collections/c"],
  [
    "collections.create",
    (a) => a.collections.create("p", { name: "c", rules: { read: "public" }, indexes: ["area"] }),
    "POST /v1/projects/p/collections",
    { name: "c", rules: { read: "public" }, indexes: ["area"] },
  ],
  [
    "collections.update",
    (a) => a.collections.update("p", "c", { indexes: [] }),
    "PATCH /v1/projects/p/collections/c",
    { indexes: [] },
  ],
  ["collections.delete", (a) => a.collections.delete("p", "c"), "DELETE /v1/projects/p/collections/c"],
  ["documents.get", (a) => a.documents("p", "c").get("d/1"), "GET /v1/projects/p/collections/c/documents/d%2F1"],
  ["functions.list", (a) => a.functions.list("p"), "GET /v1/projects/p/functions"],
  ["functions.get", (a) => a.functions.get("p", "f"), "GET /v1/projects/p/functions/f"],
  [
    "functions.deploy",
    (a) => a.functions.deploy("p", { name: "f", runtime: "bun", code: "x" }),
    "POST /v1/projects/p/functions",
    { name: "f", runtime: "bun", code: "x" },
  ],
  ["functions.versions", (a) => a.functions.versions("p", "f"), "GET /v1/projects/p/functions/f/versions"],
  ["functions.rollback", (a) => a.functions.rollback("p", "f"), "POST /v1/projects/p/functions/f/rollback", {}],
  [
    "functions.rollback to a version",
    (a) => a.functions.rollback("p", "f", 2),
    "POST /v1/projects/p/functions/f/rollback",
    { version: 2 },
  ],
  ["functions.delete", (a) => a.functions.delete("p", "f"), "DELETE /v1/projects/p/functions/f"],
  [
    "functions.logs",
    (a) => a.functions.logs("p", "f", { ...page, level: "warn", invocation: "i" }),
    "GET /v1/projects/p/functions/f/logs?limit=5&cursor=c&level=warn&invocation=i",
  ],
  ["functions.metrics", (a) => a.functions.metrics("p", "f"), "GET /v1/projects/p/functions/f/metrics"],
  ["functions.invoke", (a) => a.functions.invoke("p", "f", { path: "/x" }), "GET /f/p/f/x"],
  ["health.live", (a) => a.health.live(), "GET /health/live"],
  ["capabilities", (a) => a.capabilities(), "GET /v1/capabilities"],
]

describe("each method makes its one request", () => {
  for (const [name, call, expected, body] of calls) {
    test(name, async () => {
      const { admin, seen } = recorded()
      await call(admin)
      expect(seen).toEqual([{ call: expected, body, authorization: "Bearer token" }])
    })
  }

  test("and refuses a name that would reach something larger", async () => {
    const { admin, seen } = recorded()
    const slips: (() => Promise<unknown>)[] = [
      () => admin.collections.delete("p", ".."),
      () => admin.keys.revoke("p", ""),
      () => admin.projects.delete("."),
    ]
    for (const slip of slips) expect(slip).toThrow(code("SDK_BAD_OPTIONS"))
    expect(seen).toEqual([])
  })
})

test("an unready server answers what is wrong with it", async () => {
  const health: Health = { status: "failing", checks: { disk: { status: "failing", detail: "full" } } }
  const admin = createAdmin({ url: "http://ashlar.test", fetch: async () => Response.json(health, { status: 503 }) })
  expect(await admin.health.ready()).toEqual(health)
})

test("a credential that is no bearer is refused", () => {
  expect(() => createAdmin({ url: "http://x.org", credential: "a\nb" })).toThrow(code("SDK_BAD_OPTIONS"))
  expect(() => createAdmin({ url: "http://x.org", credential: "" })).toThrow(code("SDK_BAD_OPTIONS"))
})

test("set-up signs in, and the session goes with the next call", async () => {
  const seen: string[] = []
  const admin = createAdmin({
    url: "http://ashlar.test",
    async fetch(input, init) {
      seen.push(`${new URL(input).pathname} ${new Headers(init?.headers).get("authorization")}`)
      const accessTokenExpiresAt = new Date(Date.now() + 300_000).toISOString()
      return Response.json({ user: { id: "u" }, accessToken: "a1", accessTokenExpiresAt, refreshToken: "r" })
    },
  })
  await admin.setup.complete({ token: "t", name: "Ada", email: "a@b.c", password: "p" })
  await admin.projects.list()
  expect(seen).toEqual(["/v1/setup null", "/v1/projects Bearer a1"])
})

test("live logs resume after the last line when the connection breaks", async () => {
  const asked: (string | null)[] = []
  using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      asked.push(`${new URL(request.url).search} ${request.headers.get("last-event-id")}`)
      const seq = asked.length
      return new Response(`event: ping\ndata:\n\nevent: log\nid: ${seq}\ndata: ${JSON.stringify({ seq })}\n\n`, {
        headers: { "content-type": "text/event-stream" },
      })
    },
  })
  const admin = createAdmin({ url: server.url.href })
  const lines: number[] = []
  for await (const { seq } of admin.functions.followLogs("p", "f", { level: "info" })) {
    lines.push(seq)
    if (lines.length === 2) break
  }
  expect(lines).toEqual([1, 2])
  expect(asked).toEqual(["?follow=1&level=info null", "?follow=1&level=info 1"])
})

test("everyItem reads all pages, and stops at its bound", async () => {
  const asked: unknown[] = []
  const read = async (options: object) => {
    asked.push(options)
    return { items: [asked.length], next: asked.length < 3 ? `c${asked.length}` : null }
  }
  expect(await Array.fromAsync(everyItem(read))).toEqual([1, 2, 3])
  expect(asked).toEqual([{ limit: 1000 }, { limit: 1000, cursor: "c1" }, { limit: 1000, cursor: "c2" }])
  asked.length = 0
  expect(await Array.fromAsync(everyItem(read, { max: 2 }))).toEqual([1, 2])
})
