import { misfits } from "@ashlar/http/routes"
import { type Json, stable } from "../json.ts"
import type { Operation } from "./comparable.ts"

/** One thing that is other about an operation. */
export interface Found {
  /** Where: `query/limit`, `body`, `response 200/id`, `errors`, `security` … */
  readonly at: string
  /** In a few words, for people. */
  readonly message: string
  /** Whether a caller that knows the document before may fail on what the one after describes. */
  readonly breaking: boolean
}

const breaks = (at: string, message: string): Found => ({ at, message, breaking: true })
const isFine = (at: string, message: string): Found => ({ at, message, breaking: false })

/** What became of an operation that callers use. */
export function operationChanges(before: Operation, after: Operation): readonly Found[] {
  return [
    ...["path", "query", "header", "cookie"].flatMap((kind) => parameterChanges(kind, before, after)),
    ...bodyChanges(before, after),
    ...responseChanges(before, after),
    ...errorChanges(before, after),
    ...securityChanges(before, after),
    ...factChanges(before, after),
  ]
}

/** What became of something that callers are sent: what was promised of it before must be kept. */
export function webhookChanges(before: Operation, after: Operation): readonly Found[] {
  const [old, now] = [before.body?.content ?? {}, after.body?.content ?? {}]
  return contentChanges("body", { before: old, after: now }, { before, after })
}

/** What was sent before must be taken after. */
function parameterChanges(kind: string, before: Operation, after: Operation): readonly Found[] {
  const [old, now] = [before.parameters(kind), after.parameters(kind)]
  if (isSameSchema(old, now)) return []
  const found = misfits(old, now, { ignoresUnknown: false })
  if (found.length === 0) return [isFine(kind, "takes more")]
  return found.map(({ pointer, demand }) => breaks(kind + pointer, `now demands ${demand}`))
}

function bodyChanges(before: Operation, after: Operation): readonly Found[] {
  const [old, now] = [before.body, after.body]
  if (now === undefined) return old === undefined ? [] : [breaks("body", "is not taken any more")]
  if (old === undefined) return [now.required ? breaks("body", "is required now") : isFine("body", "is taken now")]
  const isRequired = now.required && !old.required
  const types = [...new Set([...Object.keys(old.content), ...Object.keys(now.content)])]
  return [
    ...(isRequired ? [breaks("body", "is required now")] : []),
    ...(old.required && !now.required ? [isFine("body", "may be left out now")] : []),
    ...types.flatMap((type): readonly Found[] => {
      if (!(type in now.content)) return [breaks("body", `is not taken as ${type} any more`)]
      if (!(type in old.content)) return [isFine("body", `is taken as ${type} now`)]
      const [taken, takes] = [before.schemaOf(old.content, type), after.schemaOf(now.content, type)]
      if (isSameSchema(taken, takes)) return []
      const found = misfits(taken, takes, { ignoresUnknown: false })
      if (found.length === 0) return [isFine("body", `takes more (${type})`)]
      return found.map(({ pointer, demand }) => breaks(`body${pointer}`, `now demands ${demand} (${type})`))
    }),
  ]
}

/** What was promised before must be kept after. */
function responseChanges(before: Operation, after: Operation): readonly Found[] {
  const [old, now] = [before.responses, after.responses]
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((status): readonly Found[] => {
    const at = `response ${status}`
    const [was, is] = [old.get(status), now.get(status)]
    const isError = /^[45]/.test(status) || status === "default"
    if (was === undefined) return isError ? [] : [isFine(at, "is declared now")]
    if (is === undefined) return isError ? [] : [breaks(at, "is not declared any more")]
    const lost = Object.keys(was.headers).filter((name) => !(name in is.headers))
    return [
      ...lost.map((name) => breaks(`${at} headers/${name}`, "is not sent any more")),
      ...contentChanges(at, { before: was.content, after: is.content }, { before, after }),
    ]
  })
}

interface Pair<T> {
  readonly before: T
  readonly after: T
}

function contentChanges(at: string, content: Pair<Json>, operation: Pair<Operation>): readonly Found[] {
  const types = new Set([...Object.keys(content.before), ...Object.keys(content.after)])
  // Problems are compared by their codes: one more kind of error is no broken promise.
  types.delete("application/problem+json")
  return [...types].flatMap((type): readonly Found[] => {
    if (!(type in content.after)) return [breaks(at, `is not sent as ${type} any more`)]
    if (!(type in content.before)) return [isFine(at, `is sent as ${type} too`)]
    const promised = operation.before.schemaOf(content.before, type)
    const given = operation.after.schemaOf(content.after, type)
    if (isSameSchema(promised, given)) return []
    const found = misfits(given, promised, { ignoresUnknown: true })
    if (found.length === 0) return [isFine(at, "promises more")]
    return found.map(({ pointer, demand }) => breaks(at + pointer, `no longer promises ${demand}`))
  })
}

/** Statuses that ask a caller for what it did not need before. */
const DEMANDING: ReadonlySet<string> = new Set(["401", "402", "403", "428"])

function errorChanges(before: Operation, after: Operation): readonly Found[] {
  const [old, now] = [errorsOf(before), errorsOf(after)]
  const label = (code: string, status: string): string => (code === status ? status : `${code} (${status})`)
  return [
    ...[...now]
      .filter(([code]) => !old.has(code))
      .map(([code, status]) => ({
        at: "errors",
        message: `may answer ${label(code, status)}`,
        breaking: DEMANDING.has(status) && ![...old.values()].includes(status),
      })),
    ...[...old]
      .filter(([code]) => !now.has(code))
      .map(([code, status]) => isFine("errors", `answers ${label(code, status)} no longer`)),
  ]
}

/** The status of each error by its code, or by the status where it has none. */
function errorsOf(operation: Operation): ReadonlyMap<string, string> {
  return new Map(
    [...operation.responses].flatMap(([status, { content }]) => {
      if (!/^[45]/.test(status)) return []
      const codes = operation.codesOf(content)
      return (codes.length === 0 ? [status] : codes).map((code) => [code, status] as const)
    }),
  )
}

/** Who had a way in must still have one. */
function securityChanges(before: Operation, after: Operation): readonly Found[] {
  const [old, now] = [waysInto(before), waysInto(after)]
  if (stable(old) === stable(now)) return []
  const shut = old.filter((way) => !now.some((other) => other.every((scheme) => way.includes(scheme))))
  if (shut.length > 0) return shut.map((way) => breaks("security", `${words(way)} no longer suffices`))
  return [isFine("security", `${now.map(words).join(", or ")} suffices now`)]
}

function waysInto({ security }: Operation): readonly (readonly string[])[] {
  return security.length === 0 ? [[]] : security.map((way) => [...way].sort())
}

function words(way: readonly string[]): string {
  return way.length === 0 ? "nothing" : way.join(" with ")
}

function factChanges({ facts: old }: Operation, { facts: now }: Operation): readonly Found[] {
  return [
    ...(old.deprecated !== true && now.deprecated === true ? [isFine("deprecated", "is deprecated now")] : []),
    ...(old.operationId !== now.operationId
      ? [isFine("operationId", `${String(old.operationId)} became ${String(now.operationId)}`)]
      : []),
  ]
}

function isSameSchema(first: Json, second: Json): boolean {
  return stable(first) === stable(second)
}
