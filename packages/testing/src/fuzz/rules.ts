import { errors } from "@ashlar/http"
import type { FindingKind } from "./finding.ts"
import { isRecord } from "./json-schema.ts"
import type { Verdict } from "./oracle.ts"
import type { Broken } from "./request-plan.ts"
import type { ResponseSchemas } from "./response-schemas.ts"
import { PARTS, type RouteShape } from "./route-shape.ts"

/** A request and what came of it. */
export interface Trial {
  readonly shape: RouteShape
  readonly verdict: Verdict
  /** What the request was sent with. */
  readonly headers: Headers
  readonly broken: Broken | undefined
  /** Whether the request was valid before something in it was broken. */
  readonly wasValid: boolean
  /** Whether another route, or none, may have answered. */
  readonly isAmbiguous: boolean
  /** Undefined: no answer within the time. */
  readonly answer: Received | undefined
  readonly isPolluted: boolean
}

export interface Received {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined when it is none, or was not read whole. */
  readonly value: unknown
}

/** What is wrong with an answer. */
export interface Breach {
  readonly kind: FindingKind
  readonly message: string
}

const INVALID = errors.Invalid.code
/** What the kernel itself answers, whatever the route. */
const OF_KERNEL: ReadonlySet<string> = new Set([
  "HTTP_BAD_REQUEST",
  "HTTP_BODY_INVALID",
  "HTTP_BODY_TOO_LARGE",
  "HTTP_UNSUPPORTED_MEDIA_TYPE",
])

/** What HTTP itself answers to conditions, ranges and wishes of a request, whatever the route. */
const OF_HEADERS: Readonly<Record<string, readonly string[]>> = {
  HTTP_PRECONDITION_FAILED: ["if-match", "if-none-match", "if-unmodified-since"],
  HTTP_RANGE_NOT_SATISFIABLE: ["range"],
  HTTP_NOT_ACCEPTABLE: ["accept"],
}

/** The first promise that an answer breaks, the worst first. */
export function breachOf(trial: Trial, schemas: ResponseSchemas): Breach | undefined {
  if (trial.isPolluted) return { kind: "prototype-polluted", message: "The request wrote onto Object.prototype" }
  const { answer } = trial
  if (answer === undefined) return { kind: "no-answer", message: "No answer came within the time" }
  if (trial.isAmbiguous) return serverError(trial, answer)
  for (const rule of RULES) {
    const breach = rule(trial, answer, schemas)
    if (breach !== undefined) return breach
  }
  return undefined
}

type Rule = (trial: Trial, answer: Received, schemas: ResponseSchemas) => Breach | undefined

function serverError({ shape: { record } }: Trial, { status, value }: Received): Breach | undefined {
  if (status < 500) return undefined
  const code = codeOf(value)
  if (record.output.has(status) || record.errors.some((one) => one.status === status && one.code === code))
    return undefined
  if (code === "HTTP_TIMEOUT" && record.timeoutMs !== undefined) return undefined
  return { kind: "server-error", message: `Expected no status of 500 or more, got ${status} ${code ?? ""}`.trimEnd() }
}

function malformedProblem({ shape: { record } }: Trial, { status, headers, value }: Received): Breach | undefined {
  if (status < 400 || record.output.has(status) || record.method === "HEAD") return undefined
  const breach = (what: string): Breach => ({
    kind: "problem-malformed",
    message: `Expected a problem document with ${status}: ${what}`,
  })
  const type = headers.get("content-type") ?? "none"
  if (!type.startsWith("application/problem+json"))
    return isOtherForm(type) ? undefined : breach(`its Content-Type is ${type}`)
  if (!isRecord(value)) return breach("it is no JSON object")
  for (const member of ["type", "title", "code", "detail"])
    if (typeof value[member] !== "string") return breach(`${member} is ${JSON.stringify(value[member])}`)
  if (value.status !== status) return breach(`its status is ${JSON.stringify(value.status)}`)
  if (value.errors !== undefined && !isIssueList(value.errors))
    return breach("errors is no list of { in, pointer, code, message }")
  return undefined
}

/** Errors may be told in another form, to those who ask for one. */
function isOtherForm(type: string): boolean {
  return type.startsWith("text/html") || type.startsWith("application/vnd.api+json")
}

function isIssueList(value: unknown): value is readonly { readonly in: string; readonly pointer: string }[] {
  return (
    Array.isArray(value) &&
    value.every(
      (one) =>
        isRecord(one) &&
        (PARTS as readonly unknown[]).includes(one.in) &&
        typeof one.pointer === "string" &&
        /^(?:\/.*)?$/s.test(one.pointer) &&
        typeof one.code === "string" &&
        typeof one.message === "string",
    )
  )
}

function invalidAccepted({ verdict, broken, shape }: Trial, { status }: Received): Breach | undefined {
  if (status >= 400) return undefined
  const found = Object.entries(verdict.refused).map(([part, pointers]) => `${part}${pointers[0] ?? ""}`)
  if (verdict.kind === "invalid")
    return {
      kind: "invalid-accepted",
      message: `The schema refuses ${found.join(" and ")}, and the answer is ${status}`,
    }
  // The JSON Schema is a promise of its own: what it says is missing, or too much, the check must refuse.
  if (verdict.kind !== "valid" || broken?.isGross !== true || shape.schemas[broken.in] === undefined) return undefined
  if (broken.in === "headers" || broken.in === "cookies") return undefined
  const message = `The JSON Schema refuses ${broken.in}${broken.pointer} (${broken.what}), the check took it, and the answer is ${status}`
  return { kind: "invalid-accepted", message }
}

function pointerWrong({ verdict, broken, wasValid }: Trial, { value }: Received): Breach | undefined {
  if (verdict.kind !== "invalid" || broken === undefined || !wasValid || codeOf(value) !== INVALID) return undefined
  const listed = isRecord(value) && isIssueList(value.errors) ? value.errors : []
  const isMeant = ({ in: part, pointer }: { readonly in: string; readonly pointer: string }): boolean =>
    part === broken.in && (isInside(pointer, broken.pointer) || isInside(broken.pointer, pointer))
  if (listed.some(isMeant)) return undefined
  const got = listed.map((one) => `${one.in}${one.pointer}`).join(", ") || "none"
  return { kind: "pointer-wrong", message: `Expected an error at ${broken.in}${broken.pointer}, got ${got}` }
}

/** In a query and in a form, what is inside of an object is written in brackets. */
function isInside(pointer: string, of: string): boolean {
  const [inner, outer] = [pointer, of].map((one) => one.replace(/\[([^\]]*)\]/g, "/$1")) as [string, string]
  return inner === outer || inner.startsWith(`${outer}/`)
}

function validRefused({ verdict, shape: { record, schemas } }: Trial, { status, value }: Received): Breach | undefined {
  const code = codeOf(value)
  if (verdict.kind !== "valid" || code === undefined) return undefined
  const isOfBody = code === "HTTP_BODY_INVALID" || code === "HTTP_UNSUPPORTED_MEDIA_TYPE"
  const isOfInput = code === INVALID || (isOfBody && schemas.body !== undefined)
  if (!isOfInput || record.errors.some((one) => one.code === code)) return undefined
  return { kind: "valid-refused", message: `The schemas take the request, and the answer is ${status} ${code}` }
}

function errorUndeclared(
  { shape: { record, multipart }, headers }: Trial,
  { status, value }: Received,
): Breach | undefined {
  const code = codeOf(value)
  if (status < 400 || code === undefined || record.output.has(status)) return undefined
  if (OF_KERNEL.has(code) || record.errors.some((one) => one.code === code)) return undefined
  if (OF_HEADERS[code]?.some((name) => headers.has(name))) return undefined
  if (code === INVALID && (Object.keys(record.input).length > 0 || multipart !== undefined)) return undefined
  // What takes all the rest of a path answers for what is not there, as the kernel would.
  if (code === "HTTP_NOT_FOUND" && record.segments.at(-1)?.kind === "rest") return undefined
  if (code === "HTTP_UPGRADE_REQUIRED" && record.websocket !== undefined) return undefined
  if (code === "HTTP_VERSION_UNKNOWN" && record.version !== undefined) return undefined
  if (status >= 500) return undefined
  return {
    kind: "error-undeclared",
    message: `The route does not declare ${code} (${status}): add it to its \`errors\``,
  }
}

function statusUndeclared({ shape: { record } }: Trial, { status }: Received): Breach | undefined {
  if (status >= 400 || record.output.size === 0 || record.output.has(status)) return undefined
  // Conditions and ranges of HTTP itself.
  if (status === 304 || status === 206 || status === 101) return undefined
  return {
    kind: "status-undeclared",
    message: `The route declares ${[...record.output.keys()].join(", ")}, and the answer is ${status}`,
  }
}

function responseInvalid(
  { shape: { record } }: Trial,
  { status, headers, text, value }: Received,
  schemas: ResponseSchemas,
): Breach | undefined {
  if (!record.output.has(status) || record.method === "HEAD") return undefined
  if (record.output.get(status) === null)
    return text === ""
      ? undefined
      : { kind: "response-invalid", message: `The route declares no body with ${status}, and there is one` }
  if (!/[/+]json\b/.test(headers.get("content-type") ?? "")) return undefined
  const problem = value === undefined ? "the body is no JSON" : schemas.problemOf(record, status, value)
  return problem === undefined
    ? undefined
    : { kind: "response-invalid", message: `Expected what the route declares for ${status}: ${problem}` }
}

const RULES: readonly Rule[] = [
  serverError,
  invalidAccepted,
  validRefused,
  malformedProblem,
  pointerWrong,
  errorUndeclared,
  statusUndeclared,
  responseInvalid,
]

export function codeOf(value: unknown): string | undefined {
  return isRecord(value) && typeof value.code === "string" ? value.code : undefined
}
