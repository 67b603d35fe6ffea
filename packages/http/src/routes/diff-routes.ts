import { parsePath } from "../path.ts"
import type { RouteDescription, TableDescription } from "./describe-table.ts"
import type { JsonSchema } from "./json-schema.ts"
import { isSame } from "./schema-accepts.ts"
import { misfits } from "./schema-fit.ts"

/** One thing that is other about a route. */
export interface RouteChange {
  /** Where: `query/limit`, `body`, `response 200/id`, `errors`, `where`, `maxBodyBytes` … */
  readonly at: string
  /** In a few words, for people. */
  readonly message: string
  /** Whether a caller that knows the table before may fail on the one after. */
  readonly breaking: boolean
}

export interface ChangedRoute {
  /** As it is after. */
  readonly route: RouteDescription
  readonly changes: readonly RouteChange[]
  readonly breaking: boolean
}

/** What happened between two tables. Every list is in the order of {@link TableDescription}. */
export interface TableDiff {
  readonly added: readonly RouteDescription[]
  readonly removed: readonly RouteDescription[]
  readonly changed: readonly ChangedRoute[]
  /** Whether anything in it is: a removed route, or a breaking change. */
  readonly breaking: boolean
}

/**
 * Compares two descriptions of route tables. Pure. A route is known by method, host, version and the shape of its path;
 * where it was declared does not count.
 *
 * Breaking is what makes a caller fail that did nothing wrong before: a route that is gone, an input that takes less, an
 * output that promises less, an error that asks for something new (401, 402, 403, 428), a smaller body limit, a narrower
 * parameter. New routes, new optional input, new members of an output, other errors and other names are not. What cannot
 * be decided counts as breaking.
 * @example
 * const diff = diffRoutes(JSON.parse(readFileSync("routes.json", "utf8")), describeTable(app.table()))
 * if (diff.breaking) process.exitCode = 1
 */
export function diffRoutes(before: TableDescription, after: TableDescription): TableDiff {
  const pairs = pairUp(before.routes, after.routes)
  const changed = pairs.both.flatMap(([old, route]) => {
    const changes = changesOf(old, route)
    return changes.length === 0 ? [] : [{ route, changes, breaking: changes.some((change) => change.breaking) }]
  })
  const breaking = pairs.removed.length > 0 || changed.some((one) => one.breaking)
  return { added: pairs.added, removed: pairs.removed, changed, breaking }
}

interface Pairs {
  readonly both: readonly (readonly [RouteDescription, RouteDescription])[]
  readonly added: readonly RouteDescription[]
  readonly removed: readonly RouteDescription[]
}

/** By place and constraints first; then, where only one is left on both sides, by place alone. */
function pairUp(before: readonly RouteDescription[], after: readonly RouteDescription[]): Pairs {
  const exact = match(before, after, (route) => `${placeOf(route)} ${JSON.stringify(constraints(route))}`)
  const loose = match(exact.removed, exact.added, placeOf)
  const order = new Map(after.map((route, index) => [route, index]))
  const both = [...exact.both, ...loose.both].sort(([, a], [, b]) => order.get(a)! - order.get(b)!)
  return { ...loose, both }
}

function match(
  before: readonly RouteDescription[],
  after: readonly RouteDescription[],
  keyOf: (route: RouteDescription) => string,
): Pairs {
  const [olds, news] = [groups(before, keyOf), groups(after, keyOf)]
  const both: [RouteDescription, RouteDescription][] = []
  for (const [key, [old, ...more]] of olds) {
    const [route, ...others] = news.get(key) ?? []
    if (route !== undefined && more.length === 0 && others.length === 0) both.push([old!, route])
  }
  const paired = new Set(both.flat())
  return {
    both,
    removed: before.filter((route) => !paired.has(route)),
    added: after.filter((route) => !paired.has(route)),
  }
}

function groups<T>(list: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const one of list) found.set(keyOf(one), [...(found.get(keyOf(one)) ?? []), one])
  return found
}

/** Parameters match whatever their name. */
function placeOf({ method, host = "", version = "", path }: RouteDescription): string {
  const shape = parsePath(path).map((segment) => {
    if (segment.kind === "static") return segment.text
    return segment.kind === "rest" ? "*" : segment.optional ? ":?" : ":"
  })
  return [method, host, version, shape.join("/")].join(" ")
}

/** The constraints in the order of the path. */
function constraints({ path, where = {} }: RouteDescription): readonly (string | null)[] {
  return parsePath(path).flatMap((segment) => (segment.kind === "param" ? [where[segment.name] ?? null] : []))
}

function changesOf(old: RouteDescription, route: RouteDescription): RouteChange[] {
  return [
    ...PARTS.flatMap((part) => inputChanges(part, old, route)),
    ...outputChanges(old, route),
    ...errorChanges(old, route),
    ...constraintChanges(old, route),
    ...limitChanges(old, route),
    ...FACTS.flatMap((fact) =>
      isSame(old[fact] ?? null, route[fact] ?? null)
        ? []
        : [{ at: fact, message: `${words(old[fact])} became ${words(route[fact])}`, breaking: false }],
    ),
  ]
}

const PARTS = ["params", "query", "headers", "body"] as const
const FACTS = ["path", "name", "layers", "timeoutMs", "deprecated", "summary", "description", "tags", "meta"] as const

const MAX_WORDS = 80

function words(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value)
  return text.length <= MAX_WORDS ? text : `${text.slice(0, MAX_WORDS - 1)}…`
}

/** What was sent before must be taken after. */
function inputChanges(at: Part, before: RouteDescription, after: RouteDescription): RouteChange[] {
  const [old, now] = [before.input[at], after.input[at]]
  if (isSame(old ?? null, now ?? null)) return []
  if (now === undefined) return [{ at, message: "is not checked any more", breaking: false }]
  const found = misfits(old ?? UNCHECKED[at](before), now, { ignoresUnknown: false })
  if (found.length === 0) return [{ at, message: old === undefined ? "is checked now" : "takes more", breaking: false }]
  return found.map(({ pointer, demand }) => ({ at: at + pointer, message: `now demands ${demand}`, breaking: true }))
}

type Part = (typeof PARTS)[number]
const NOTHING: JsonSchema = { type: "object", additionalProperties: false }

/** What is sent where no schema says anything: the path's parameters as text, and otherwise nothing. */
const UNCHECKED: Readonly<Record<Part, (route: RouteDescription) => JsonSchema>> = {
  params: ({ path }) => {
    const named = parsePath(path).flatMap((segment) => (segment.kind === "static" ? [] : [segment]))
    const required = named.filter((segment) => segment.kind === "rest" || !segment.optional)
    return {
      ...NOTHING,
      properties: Object.fromEntries(named.map(({ name }) => [name, { type: "string" }])),
      required: required.map(({ name }) => name),
    }
  },
  query: () => NOTHING,
  headers: () => NOTHING,
  body: () => ({ type: "null" }),
}

/** What was promised before must be kept after. */
function outputChanges(old: RouteDescription, route: RouteDescription): RouteChange[] {
  const statuses = [...new Set([...Object.keys(old.output), ...Object.keys(route.output)])].sort()
  return statuses.flatMap((status): RouteChange[] => {
    const at = `response ${status}`
    const [before, after] = [old.output[status], route.output[status]]
    if (isSame(before ?? null, after ?? null) && (before === undefined) === (after === undefined)) return []
    if (before === undefined) return [{ at, message: "is declared now", breaking: false }]
    if (after === undefined) return [{ at, message: "is not declared any more", breaking: true }]
    if (before === null) return [{ at, message: "has a body now", breaking: false }]
    if (after === null) return [{ at, message: "has no body any more", breaking: true }]
    const found = misfits(after, before, { ignoresUnknown: true })
    if (found.length === 0) return [{ at, message: "promises more", breaking: false }]
    return found.map(({ pointer, demand }) => ({
      at: at + pointer,
      message: `no longer promises ${demand}`,
      breaking: true,
    }))
  })
}

/** Statuses that ask a caller for what it did not need before. */
const DEMANDING: ReadonlySet<number> = new Set([401, 402, 403, 428])

function errorChanges(old: RouteDescription, route: RouteDescription): RouteChange[] {
  const [before, after] = [codesOf(old), codesOf(route)]
  return [
    ...route.errors
      .filter(({ code }) => !before.has(code))
      .map(({ code, status }) => ({
        at: "errors",
        message: `may answer ${code} (${status})`,
        breaking: DEMANDING.has(status),
      })),
    ...old.errors
      .filter(({ code }) => !after.has(code))
      .map(({ code, status }) => ({
        at: "errors",
        message: `answers ${code} (${status}) no longer`,
        breaking: false,
      })),
  ]
}

function codesOf({ errors }: RouteDescription): ReadonlySet<string> {
  return new Set(errors.map(({ code }) => code))
}

function constraintChanges(old: RouteDescription, route: RouteDescription): RouteChange[] {
  const [before, after] = [constraints(old), constraints(route)]
  return after.flatMap((constraint, index) => {
    if (constraint === before[index]) return []
    const message = `parameter ${index + 1} was ${before[index] ?? "anything"}, is ${constraint ?? "anything"}`
    return [{ at: "where", message, breaking: constraint !== null }]
  })
}

function limitChanges(old: RouteDescription, { maxBodyBytes }: RouteDescription): RouteChange[] {
  if (old.maxBodyBytes === maxBodyBytes) return []
  const message = `${old.maxBodyBytes} became ${maxBodyBytes}`
  return [{ at: "maxBodyBytes", message, breaking: maxBodyBytes < old.maxBodyBytes }]
}
