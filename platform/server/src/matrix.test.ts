import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { scopes } from "@ashlar/control"
import type { DataOperation } from "@ashlar/functions"
import { Scope } from "@ashlar/protocol"
import { createFunctionData } from "./function-data.ts"
import type { Answer } from "./testing/cast.ts"
import { type Home, type MatrixCaller, type MatrixStage, RULE_LEVELS, raiseMatrixStage } from "./testing/matrix-cast.ts"
import { ROWS, type Row } from "./testing/matrix-rows.ts"

/**
 * The authorization matrix: every route of the table, called by everybody, at home and in another's project. A route without a row
 * fails, and so does a caller who is answered anything but what the row says.
 */

const ROLES = ["viewer", "developer", "admin", "owner"] as const
const ORG_ROLES = ["viewer", "member", "admin", "owner"] as const
const HOMES: readonly Home[] = ["walls", "yard"]

let matrix: MatrixStage
beforeAll(async () => {
  matrix = await raiseMatrixStage()
}, 60_000)
afterAll(() => matrix.stage.close())

const isMember = ({ as }: MatrixCaller): boolean => (ROLES as readonly string[]).includes(as)

/** What a row says of a caller who knows of the project, or where there is none. */
function admits({ from, keys = [], scope, anonymous }: Row, { as, ...caller }: MatrixCaller): boolean {
  if (from === "all") return true
  if (as === "anonymous") return anonymous === true
  // A user of the app gets in by their key, and no further for being a user: what is further in decides on them.
  if (as === "user") return keys.includes("publishable")
  if (as === "publishable" || as === "secret") return keys.includes(as)
  if (as === "scoped") return scope === "any" || (scope !== undefined && scope === caller.scope)
  return from === "people" || ROLES.indexOf(as) >= ROLES.indexOf(from)
}

function expected(row: Row, caller: MatrixCaller, place: Home): string {
  if (row.from === "all") return row.answer
  if (caller.as === "anonymous") return admits(row, caller) ? row.answer : "401 CONTROL_CREDENTIALS_NEEDED"
  if (row.org !== undefined) {
    if (!isMember(caller)) return "403 CONTROL_FORBIDDEN"
    // So does an organization, to whoever is in one of its projects only.
    if (caller.home !== place || caller.orgRole === undefined) return "404 CONTROL_ORG_NOT_FOUND"
    const isEnough = ORG_ROLES.indexOf(caller.orgRole) >= ORG_ROLES.indexOf(row.org)
    return isEnough ? row.answer : "403 CONTROL_FORBIDDEN"
  }
  // The project of others looks like one that is not there.
  if (row.from !== "people" && caller.home !== place) return "404 CONTROL_PROJECT_NOT_FOUND"
  if (admits(row, caller)) return row.usersOnly && caller.as !== "user" ? "401 SERVER_APP_USER_NEEDED" : row.answer
  return (caller.as === "publishable" || caller.as === "user" ? row.publishable : undefined) ?? "403 CONTROL_FORBIDDEN"
}

/** Status, and code if there is one. A schema's refusal has many causes, and none of them is the door. */
function told({ status, body, headers }: Answer, isHead: boolean): string {
  if (status === 422) return "422"
  if (isHead && status >= 400) return String(status)
  if (status >= 400) expect(headers.get("content-type")).toBe("application/problem+json")
  return status >= 400 ? `${status} ${body.code}` : status < 300 ? "2xx" : String(status)
}

async function seen(row: Row, caller: MatrixCaller, place: Home): Promise<string> {
  const text = row.call
    .replace("{p}", `/v1/projects/${place}`)
    .replace("{project}", place)
    .replace("{o}", `/v1/orgs/org-of-${place}`)
  const isBodiless = /^(GET|HEAD|DELETE|OPTIONS) /.test(text) || row.body === null
  return told(await matrix.call(caller, text, isBodiless ? undefined : {}), text.startsWith("HEAD"))
}

describe("the authorization matrix", () => {
  test("has a row for every route, and no row without one", () => {
    const records = matrix.stage.server.app.table().records.filter(({ path }) => path !== "/*path")
    expect(records.filter(({ meta }) => meta.entry === undefined).map(({ path }) => path)).toEqual([])
    const names = records.map(({ name, path }) => name ?? path.replace(/^\/docs\/.*/, "/docs/*"))
    expect([...new Set(names)].toSorted()).toEqual(Object.keys(ROWS).toSorted())
  })

  test("names every scope, as do the route table, the API and the keys", () => {
    const entries = matrix.stage.server.app.table().records.map(({ meta }) => meta.entry as { readonly scope?: string })
    const used = (all: readonly { readonly scope?: string }[]): readonly string[] =>
      [...new Set(all.flatMap(({ scope }) => (scope === undefined || scope === "any" ? [] : [scope])))].toSorted()
    expect(used(entries)).toEqual([...scopes])
    expect(used(Object.values(ROWS))).toEqual([...scopes])
    expect(scopes.map((scope) => Scope["~standard"].validate(scope))).toEqual(scopes.map((value) => ({ value })))
  })

  for (const [name, row] of Object.entries(ROWS)) {
    if (row.last) continue
    const places = /\{[po]/.test(row.call) ? HOMES : HOMES.slice(0, 1)
    test.each(places)(`${name} answers everybody in %s as its row says`, (place) => holds(row, place), 60_000)
  }
})

async function holds(row: Row, place: Home, who: readonly MatrixCaller[] = matrix.callers): Promise<void> {
  const said: [string, string][] = []
  const wanted: [string, string][] = []
  for (const caller of who) {
    if (row.endsSessions && isMember(caller)) continue
    said.push([caller.name, await seen(row, caller, place)])
    const wish = expected(row, caller, place)
    wanted.push([caller.name, row.call.startsWith("HEAD") && wish !== "2xx" ? wish.slice(0, 3) : wish])
  }
  expect(said).toEqual(wanted)
}

/** What each level of a rule opens to whom, for every action. */
const OPENED: Readonly<Record<string, readonly MatrixCaller["as"][]>> = {
  public: ["anonymous", "publishable", "user", "secret", "scoped"],
  publishable: ["publishable", "user", "secret", "scoped"],
  user: ["user", "secret", "scoped"],
  secret: ["secret", "scoped"],
  null: [],
}
const ACTIONS = {
  read: { call: "GET {c}/documents", from: "viewer", scope: "documents:read", answer: "2xx" },
  create: { call: "POST {c}/documents", from: "developer", scope: "documents:write", answer: "2xx" },
  update: { call: "PUT {c}/documents/x", from: "developer", scope: "documents:write", answer: "2xx" },
  delete: { call: "DELETE {c}/documents/x", from: "developer", scope: "documents:write", answer: "2xx" },
} as const satisfies Readonly<Record<string, Row>>

function ruled(row: Row, level: string | null, caller: MatrixCaller): string {
  const isOpen = OPENED[String(level)]?.includes(caller.as) ?? false
  if (caller.as === "anonymous") return isOpen ? row.answer : "401 CONTROL_CREDENTIALS_NEEDED"
  if (caller.home !== "walls") return "404 CONTROL_PROJECT_NOT_FOUND"
  if (isMember(caller) || caller.as === "scoped") {
    if (!admits(row, caller)) return "403 CONTROL_FORBIDDEN"
    return isOpen || isMember(caller) ? row.answer : "403 DOCUMENTS_FORBIDDEN"
  }
  return isOpen ? row.answer : "403 DOCUMENTS_FORBIDDEN"
}

describe("the rules of a collection", () => {
  for (const level of RULE_LEVELS) {
    test.each(Object.entries(ACTIONS))(`open %s to ${level} and to nobody else`, async (action, row) => {
      const c = `/v1/projects/walls/collections/for-${level}`
      for (const caller of matrix.callers) {
        // Each deletes what was put there for it.
        if (action === "delete") await matrix.stage.call("owner", "PUT", `${c}/documents/x`, {})
        const said = await seen({ ...row, call: row.call.replace("{c}", c) }, caller, "walls")
        expect([caller.name, said]).toEqual([caller.name, ruled(row, level, caller)])
      }
    })
  }

  /** A function has no credential: all it can do goes through this port, whose project is not its choice. */
  const WORKS: Readonly<Record<DataOperation, Readonly<Record<string, unknown>>>> = {
    ...{ list: {}, query: {}, count: {}, get: { id: "x" }, insert: { data: {} } },
    ...{ replace: { id: "x", data: {} }, patch: { id: "x", operations: {} }, delete: { id: "x" } },
  }
  test.each(RULE_LEVELS)("let a function do what %p lets a secret key do, in its own project", async (level) => {
    const { control, rooms } = matrix.stage.server.platform
    const projectId = control.projects.locate("walls")!.id
    const port = createFunctionData(rooms)
    const caller = { kind: "function", function: "f", version: 1, invocation: "i" } as const
    await matrix.stage.call("owner", "PUT", `/v1/projects/walls/collections/for-${level}/documents/x`, {})
    for (const [operation, args] of Object.entries(WORKS)) {
      const asked = { collection: `for-${level}`, project: "yard", projectId: "yard", ...args }
      const said = await port
        .call(projectId, operation as DataOperation, asked, { ...caller, caller: { kind: "anonymous", id: null } })
        .then(() => "done")
        .catch((error: { code: string }) => error.code)
      expect([operation, said]).toEqual([operation, level === null ? "DOCUMENTS_FORBIDDEN" : "done"])
    }
  })
})

describe("what ends a caller's place", () => {
  const rows = Object.entries(ROWS).filter(([, row]) => row.last)

  for (const [name, row] of rows) {
    const isDone = (place: Home, caller: MatrixCaller): boolean => expected(row, caller, place) === row.answer
    test(`${name} refuses whom it must, in both projects`, async () => {
      for (const place of HOMES)
        await holds(
          row,
          place,
          matrix.callers.filter((caller) => !isDone(place, caller)),
        )
    })
    test.each(HOMES)(`${name} does in %s as whoever may says`, (place) =>
      holds(
        row,
        place,
        matrix.callers.filter((caller) => isDone(place, caller)),
      ),
    )
  }
})
