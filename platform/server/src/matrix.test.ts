import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { layer } from "@ashlar/http"
import { createPlatformApp } from "./app.ts"
import { CAST, type Role, raiseStage, type Stage } from "./testing/cast.ts"

/**
 * The authorization matrix: every route of the table, and who gets past its door. Written by hand, so that a route
 * whose guard changes by mistake fails here; a route without a row fails too.
 */

const everybody: readonly Role[] = CAST
const signedIn: readonly Role[] = ["stranger", "viewer", "developer", "owner"]
const members: readonly Role[] = ["viewer", "developer", "owner"]
const developers: readonly Role[] = ["developer", "owner"]
const owners: readonly Role[] = ["owner"]
const readers: readonly Role[] = ["publishable", "secret", ...members] // the rules of `stones` say read: "publishable"
const servers: readonly Role[] = ["secret", ...members]

const P = "/v1/projects/walls"
const stones = `${P}/collections/stones`
const nowhere = "00000000-0000-7000-8000-000000000000"

/** name: [method, path, who gets in]. Paths of destructive routes name things that are not there. */
const MATRIX: Readonly<Record<string, readonly [method: string, path: string, allowed: readonly Role[]]>> = {
  "health.live": ["GET", "/health/live", everybody],
  "health.ready": ["GET", "/health/ready", everybody],
  metrics: ["GET", "/metrics", everybody],
  capabilities: ["GET", "/v1/capabilities", everybody],
  "/openapi.json": ["GET", "/openapi.json", everybody],
  "/openapi.yaml": ["GET", "/openapi.yaml", everybody],
  "/asyncapi.json": ["GET", "/asyncapi.json", everybody],
  "/docs": ["GET", "/docs", everybody],
  "/docs/*": ["GET", "/docs/scalar-1.76.0.js", everybody],
  "setup.check": ["POST", "/v1/setup/check", everybody],
  "setup.complete": ["POST", "/v1/setup", everybody],
  "auth.signup": ["POST", "/v1/auth/signup", everybody],
  "auth.signin": ["POST", "/v1/auth/signin", everybody],
  "auth.refresh": ["POST", "/v1/auth/refresh", everybody],
  "auth.signout": ["POST", "/v1/auth/signout", ["anonymous", "publishable", "secret", "otherKey"]],
  "auth.me": ["GET", "/v1/auth/me", signedIn],
  "auth.jwks": ["GET", "/.well-known/jwks.json", everybody],
  "sessions.list": ["GET", "/v1/auth/sessions", signedIn],
  "sessions.revoke": ["DELETE", `/v1/auth/sessions/${nowhere}`, signedIn],
  "projects.list": ["GET", "/v1/projects", signedIn],
  "projects.create": ["POST", "/v1/projects", signedIn],
  "projects.get": ["GET", P, ["publishable", "secret", ...members]],
  "projects.update": ["PATCH", P, owners],
  "projects.delete": ["DELETE", P, owners],
  "members.list": ["GET", `${P}/members`, members],
  "members.add": ["POST", `${P}/members`, owners],
  "members.update": ["PATCH", `${P}/members/${nowhere}`, owners],
  "members.remove": ["DELETE", `${P}/members/${nowhere}`, owners],
  "keys.list": ["GET", `${P}/keys`, members],
  "keys.create": ["POST", `${P}/keys`, developers],
  "keys.rotate": ["POST", `${P}/keys/nokey/rotate`, developers],
  "keys.revoke": ["DELETE", `${P}/keys/nokey`, developers],
  "audit.list": ["GET", `${P}/audit`, members],
  "collections.list": ["GET", `${P}/collections`, servers],
  "collections.create": ["POST", `${P}/collections`, developers],
  "collections.get": ["GET", stones, servers],
  "collections.update": ["PATCH", `${P}/collections/none`, developers],
  "collections.delete": ["DELETE", `${P}/collections/none`, developers],
  "documents.list": ["GET", `${stones}/documents`, readers],
  "documents.query": ["POST", `${stones}/query`, readers],
  "documents.explain": ["POST", `${stones}/explain`, readers],
  "documents.get": ["GET", `${stones}/documents/none`, readers],
  "documents.insert": ["POST", `${stones}/documents`, developers],
  "documents.replace": ["PUT", `${stones}/documents/none`, developers],
  "documents.patch": ["PATCH", `${stones}/documents/none`, developers],
  "documents.delete": ["DELETE", `${stones}/documents/none`, developers],
  "functions.list": ["GET", `${P}/functions`, members],
  "functions.deploy": ["POST", `${P}/functions`, developers],
  "functions.get": ["GET", `${P}/functions/none`, members],
  "functions.delete": ["DELETE", `${P}/functions/none`, developers],
  "functions.versions": ["GET", `${P}/functions/none/versions`, members],
  "functions.rollback": ["POST", `${P}/functions/none/rollback`, developers],
  "functions.logs": ["GET", `${P}/functions/none/logs`, members],
  "functions.metrics": ["GET", `${P}/functions/none/metrics`, members],
}
/** Guards inside the route decide here; `functions.test.ts` tests them. */
const DECIDED_INSIDE = ["functions.invoke"]

let stage: Stage
beforeAll(async () => {
  stage = await raiseStage()
  const rules = { read: "publishable" }
  expect((await stage.call("owner", "POST", `${P}/collections`, { name: "stones", rules })).status).toBe(201)
}, 30_000)
afterAll(() => stage.close())

describe("the authorization matrix", () => {
  test("has a row for every route, and no row without one", () => {
    const app = createPlatformApp(stage.server.platform, {
      idempotency: layer({ name: "none" }),
      consoleFolder: undefined,
      checkResponses: false,
    })
    const records = app.table().records.filter((record) => record.path !== "/*path")
    expect(records.filter((record) => record.meta.entry === undefined).map((record) => record.path)).toEqual([])
    const names = records.map(
      (record) =>
        record.name?.replace(/^functions\.invoke\..*/, "functions.invoke") ??
        record.path.replace(/^\/docs\/.*/, "/docs/*"),
    )
    expect([...new Set(names)].sort()).toEqual([...Object.keys(MATRIX), ...DECIDED_INSIDE].sort())
  })

  const inProject = (path: string): boolean => path.startsWith("/v1/projects/")
  // Whoever is refused goes first: a destructive call that is let in must not take their place away.
  for (const [name, [method, path, allowed]] of Object.entries(MATRIX)) {
    for (const who of CAST.filter((one) => !allowed.includes(one))) {
      if (name === "auth.signout") continue // signs out whoever is signed in, which the next test does not need
      test(`${name} refuses ${who}`, async () => {
        const answer = await stage.call(who, method, path, method === "GET" ? undefined : {})
        const hidden = inProject(path) && (who === "otherKey" || who === "stranger")
        const expected = who === "anonymous" ? 401 : hidden ? 404 : 403
        expect([answer.status, answer.headers.get("content-type")]).toEqual([expected, "application/problem+json"])
        if (hidden) expect(answer.body.code).toBe("CONTROL_PROJECT_NOT_FOUND")
      })
    }
  }
  const last = ["projects.delete"]
  const names = Object.keys(MATRIX).sort((a, b) => last.indexOf(a) - last.indexOf(b))
  for (const name of names) {
    const [method, path, allowed] = MATRIX[name]!
    for (const who of allowed) {
      test(`${name} lets ${who} in`, async () => {
        const body = method === "GET" || method === "DELETE" || name === "auth.refresh" ? undefined : {}
        const answer = await stage.call(who, method, path, body)
        const refusal = /^(CONTROL_(CREDENTIALS|FORBIDDEN|PROJECT)|DOCUMENTS_FORBIDDEN|IDENTITY_TOKEN)/
        expect([answer.status < 500, String(answer.body.code ?? "")]).toEqual([
          true,
          expect.not.stringMatching(refusal),
        ])
      })
    }
  }
})
