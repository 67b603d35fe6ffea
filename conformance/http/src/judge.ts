import type { Answered, Case, Expectation, Refused } from "./case.ts"
import { type Answer, fieldOf, fieldsOf, textOf } from "./client/answer.ts"
import { type Exchange, type ExchangeOptions, exchange, type Step } from "./client/exchange.ts"
import type { Server } from "./server.ts"

/** What came back for a case, and what is wrong with it. */
export interface Verdict {
  readonly faults: readonly string[]
  readonly exchange: Exchange
}

/** Sends a case to a server and judges what comes back. */
export async function judge(one: Case, expected: Expectation, server: Server): Promise<Verdict> {
  const steps = stepsOf(one)
  const methods = one.methods ?? [methodOf(steps)]
  const exchanged = await exchange(steps, { port: server.port, methods, ...howLong(expected) })
  return { exchange: exchanged, faults: await faultsOf(expected, exchanged, server) }
}

export function stepsOf({ send }: Case): readonly Step[] {
  return Array.isArray(send) ? (send as readonly Step[]) : [send as Step]
}

function methodOf(steps: readonly Step[]): string {
  const first = steps.find((step) => typeof step === "string" && step.length > 8) as string | undefined
  return /^[A-Z]+(?= )/.exec(first ?? "")?.[0] ?? "GET"
}

/** How long a server may take to close a connection that it must close. */
const CLOSE_MS = 5000

function howLong(expected: Expectation): Omit<ExchangeOptions, "port" | "methods"> {
  if (expected.kind === "refused") return { answers: Number.POSITIVE_INFINITY, patienceMs: CLOSE_MS }
  if (expected.kind === "answered") {
    const answers = expected.answers ?? expected.statuses?.length ?? 1
    if (expected.connection === "closed") return { answers: Number.POSITIVE_INFINITY, patienceMs: CLOSE_MS }
    return { answers, quietMs: expected.connection === "open" ? 100 : 0 }
  }
  const { answers = Number.POSITIVE_INFINITY, bytesBehind = 0, quietMs = 300, patienceMs } = expected
  if (answers === Number.POSITIVE_INFINITY) return { answers, patienceMs: patienceMs ?? quietMs }
  return { answers, bytesBehind, quietMs, ...(patienceMs !== undefined && { patienceMs }) }
}

function faultsOf(
  expected: Expectation,
  exchanged: Exchange,
  server: Server,
): readonly string[] | Promise<readonly string[]> {
  const malformed = exchanged.malformed === undefined ? [] : [exchanged.malformed]
  if (expected.kind === "checked")
    return addTo(expected.foreign === true ? [] : malformed, expected.check(exchanged, server))
  return [...malformed, ...(expected.kind === "refused" ? notRefused(expected, exchanged) : wrong(expected, exchanged))]
}

async function addTo(faults: readonly string[], more: ReturnType<typeof faultsOf>): Promise<readonly string[]> {
  return [...faults, ...(await more)]
}

/** What is wrong with the refusal of a request. */
function notRefused({ statuses }: Refused, { answers, end }: Exchange): string[] {
  const faults = answers.slice(0, 1).flatMap(({ status }) => {
    const fits = statuses === undefined ? status >= 400 : statuses.includes(status)
    return fits ? [] : [`Expected ${statuses?.join(" or ") ?? "an error status"} or the end, got status ${status}`]
  })
  if (answers.length > 1) faults.push(`Expected one answer, got ${answers.length}`)
  if (end === "open") faults.push("The connection is still open")
  return faults
}

function wrong(expected: Answered, { answers, end }: Exchange): string[] {
  const [answer] = answers
  if (answer === undefined) return [`Expected status ${[expected.status].flat().join(" or ")}, got no answer`]
  const faults: string[] = []
  const wanted = expected.answers ?? expected.statuses?.length ?? 1
  if (![expected.status].flat().includes(answer.status))
    faults.push(`Expected status ${[expected.status].flat().join(" or ")}, got ${answer.status}`)
  if (answers.length !== wanted) faults.push(`Expected ${wanted} answers, got ${answers.length}`)
  const statuses = answers.map(({ status }) => status)
  if (expected.statuses !== undefined && !Bun.deepEquals(statuses, expected.statuses))
    faults.push(`Expected the statuses ${expected.statuses}, got ${statuses}`)
  if (expected.connection === "closed" && end === "open") faults.push("The connection is still open")
  if (expected.connection === "open" && end !== "open") faults.push(`The connection was ${end}`)
  faults.push(...wrongFields(expected, answer), ...wrongBody(expected, answer))
  return expected.problem === undefined ? faults : [...faults, ...problemFaults(answer, expected.problem)]
}

function wrongFields({ headers = {} }: Answered, answer: Answer): string[] {
  return Object.entries(headers).flatMap(([name, wanted]) => {
    const values = fieldsOf(answer, name)
    const got = `got ${values.length === 0 ? "none" : values.map((value) => JSON.stringify(value)).join(", ")}`
    if (wanted === null) return values.length === 0 ? [] : [`Expected no ${name}, ${got}`]
    if (wanted instanceof RegExp)
      return values.length === 1 && wanted.test(values[0]!) ? [] : [`Expected ${name} like ${wanted}, ${got}`]
    const list = [wanted].flat()
    return Bun.deepEquals(values, list) ? [] : [`Expected ${name}: ${list.join(", ")}, ${got}`]
  })
}

function wrongBody({ body }: Answered, answer: Answer): string[] {
  if (body === undefined) return []
  const text = textOf(answer)
  const got = `got ${JSON.stringify(text.length > 500 ? `${text.slice(0, 500)}…` : text)}`
  if (typeof body === "string") return text === body ? [] : [`Expected the body ${JSON.stringify(body)}, ${got}`]
  if (body instanceof RegExp) return body.test(text) ? [] : [`Expected a body like ${body}, ${got}`]
  const json = parseJson(text)
  return json !== undefined && contains(json, body) ? [] : [`Expected JSON with ${JSON.stringify(body)}, ${got}`]
}

/** Words that an answer to the outside never holds: file names, frames of a stack, the text of a defect. */
const LEAKS =
  /\.[cm]?[jt]s:\d|\bat (?:async )?[\w.<>]+ \(|node_modules|TypeError|RangeError|SyntaxError|secret-of-the-app/

/** What is wrong with a problem document. @see https://www.rfc-editor.org/rfc/rfc9457 */
export function problemFaults(answer: Answer, codes: string | readonly string[]): string[] {
  const text = textOf(answer)
  const type = fieldOf(answer, "content-type")
  const faults: string[] = []
  if (type !== "application/problem+json") faults.push(`Expected a problem document, got ${type ?? "no type"}`)
  const document = parseJson(text) as Record<string, unknown> | undefined
  const code = [codes].flat().find((one) => one === document?.code)
  if (code === undefined) faults.push(`Expected the code ${[codes].flat().join(" or ")}, got ${text.slice(0, 300)}`)
  if (document !== undefined) {
    if (document.status !== answer.status) faults.push(`The document says status ${document.status}`)
    if (document.type !== `urn:ashlar:error:${document.code}`) faults.push(`The document's type is ${document.type}`)
    if (typeof document.title !== "string" || typeof document.detail !== "string")
      faults.push("The document lacks a title or a detail")
    if (typeof document.requestId !== "string") faults.push("The document lacks the request's id")
  }
  if (LEAKS.test(text)) faults.push(`The document tells of the implementation: ${text.slice(0, 500)}`)
  return faults
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether `value` has all that `part` has; arrays and plain values must be equal. */
function contains(value: unknown, part: unknown): boolean {
  if (typeof part !== "object" || part === null || Array.isArray(part)) return Bun.deepEquals(value, part)
  if (typeof value !== "object" || value === null) return false
  return Object.entries(part).every(
    ([key, wanted]) => Object.hasOwn(value, key) && contains((value as Record<string, unknown>)[key], wanted),
  )
}
