import { expect } from "bun:test"
import { expectRefusal, type Scenario } from "../conduit.ts"

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** What needs an account, and what looks at who asks where somebody does. */
const CLOSED: readonly (readonly [string, string, object?])[] = [
  ["GET", "/user"],
  ["PUT", "/user", { user: { bio: "x" } }],
  ["GET", "/articles/feed"],
  ["POST", "/articles", { article: { title: "x", description: "x", body: "x" } }],
  ["PUT", "/articles/some-slug", { article: { body: "x" } }],
  ["DELETE", "/articles/some-slug"],
  ["POST", "/articles/some-slug/favorite"],
  ["DELETE", "/articles/some-slug/favorite"],
  ["POST", "/articles/some-slug/comments", { comment: { body: "x" } }],
  ["DELETE", "/articles/some-slug/comments/1"],
  ["POST", "/profiles/somebody/follow"],
  ["DELETE", "/profiles/somebody/follow"],
]
const OPEN = ["/profiles/somebody", "/articles", "/articles/some-slug/comments"]

export const tokens: readonly Scenario[] = [
  {
    name: "what needs an account says so to who shows no token, before anything else is looked at",
    async run(conduit) {
      for (const [method, path, body] of CLOSED)
        for (const sent of body === undefined ? [undefined] : [body, {}]) {
          const answer = await conduit.send(method, path, { body: sent })
          expectRefusal(answer, 401, { token: ["is missing"] })
          expect(answer.headers.get("www-authenticate")).toBe("Token")
        }
    },
  },
  {
    name: "a token that was not issued here opens nothing",
    async run(conduit) {
      const { token } = await conduit.register("ana")
      const [head, claims, signature] = token.split(".") as [string, string, string]
      const payload = JSON.parse(Buffer.from(claims, "base64url").toString())
      const forged = [
        "x",
        "null",
        `${head}.${claims}.`,
        `${head}.${claims}.${signature.slice(0, -4)}AAAA`,
        `${head}.${encode({ ...payload, sub: crypto.randomUUID() })}.${signature}`,
        `${encode({ alg: "none" })}.${claims}.`,
        `${encode({ alg: "none" })}.${claims}.${signature}`,
        `${encode({ alg: "HS512" })}.${claims}.${signature}`,
        `${encode({ alg: "RS256" })}.${claims}.${signature}`,
        `${head}.${encode({ ...payload, exp: 1 })}.${signature}`,
      ]
      for (const token of forged) {
        expectRefusal(await conduit.send("GET", "/user", { token }), 401, { token: ["is invalid"] })
        for (const path of OPEN) expect((await conduit.send("GET", path, { token })).status).toBe(401)
      }
      expect((await conduit.send("GET", "/user", { token })).status).toBe(200)
    },
  },
]
