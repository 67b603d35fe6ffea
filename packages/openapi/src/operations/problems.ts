import type { ErrorClass } from "@ashlar/core"
import type { AnySchema } from "@ashlar/http"
import type { Json } from "../json.ts"
import { type Components, referTo } from "../schemas/components.ts"

/** What an error class says of itself. */
export type ErrorKind = Pick<ErrorClass, "code" | "status" | "summary">

/** How an app tells an error, in place of a problem document: as JSON of this schema, and with another status where it says one. */
export interface ErrorAnswer {
  readonly schema: AnySchema
  readonly status?: number
}

/** What becomes of an error where a layer of the app answers for it; undefined: nothing, it is told as a problem document. */
export type AnswerErrors = (error: ErrorKind) => ErrorAnswer | undefined

const PROBLEM_TYPE = "application/problem+json"

/** The content of an answer that is one of these errors, all of one status. */
export function problemContent(kinds: readonly ErrorKind[], components: Components): Json {
  const references = kinds.map((kind) => referToKind(kind, components))
  const [first, second] = references
  if (second === undefined) return { [PROBLEM_TYPE]: { schema: first } }
  const mapping = Object.fromEntries(kinds.map(({ code }, index) => [code, references[index]!.$ref]))
  return { [PROBLEM_TYPE]: { schema: { oneOf: references, discriminator: { propertyName: "code", mapping } } } }
}

/** Any error at all. */
export function anyProblem(components: Components): Json {
  return { [PROBLEM_TYPE]: { schema: referToBase(components) } }
}

/** The schema of one kind of error, which is told from others by its `code`. */
function referToKind({ code, status, summary }: ErrorKind, components: Components): { readonly $ref: string } {
  if (!components.has(code)) {
    const isInvalid = code === "HTTP_INVALID"
    const example = { type: `urn:ashlar:error:${code}`, title: code, status, code, detail: summary }
    components.add(code, {
      description: summary,
      allOf: [referToBase(components)],
      type: "object",
      required: isInvalid ? ["code", "status", "errors"] : ["code", "status"],
      properties: { code: { type: "string", const: code }, status: { type: "integer", const: status } },
      examples: [isInvalid ? { ...example, errors: [EXAMPLE_ISSUE] } : example],
    })
  }
  return referTo(code)
}

function referToBase(components: Components): { readonly $ref: string } {
  if (!components.has("Problem")) {
    components.add("ProblemIssue", ISSUE)
    components.add("Problem", PROBLEM)
  }
  return referTo("Problem")
}

const EXAMPLE_ISSUE = { in: "body", pointer: "/name", code: "required", message: "Expected a string, got nothing" }

/** @see https://www.rfc-editor.org/rfc/rfc9457 */
const PROBLEM: Json = {
  type: "object",
  description: "An error, as RFC 9457 writes it. `code` is stable; `detail` is for people.",
  required: ["type", "title", "status", "code", "detail"],
  properties: {
    type: { type: "string", format: "uri" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", description: "Stable for ever: what programs tell errors apart by" },
    detail: { type: "string", description: "What was expected, what came, and what to do" },
    requestId: { type: "string", description: "Find the request in the log by it" },
    details: { type: "object", additionalProperties: true },
    errors: { type: "array", items: referTo("ProblemIssue"), description: "Present with `HTTP_INVALID`" },
  },
}

const ISSUE: Json = {
  type: "object",
  description: "One thing that is wrong with a request",
  required: ["in", "pointer", "code", "message"],
  properties: {
    in: { type: "string", enum: ["params", "query", "headers", "cookies", "body", "response", "message"] },
    pointer: { type: "string", description: "RFC 6901, into the part named by `in`" },
    code: { type: "string" },
    message: { type: "string" },
    expected: { type: "string", description: "What would have been taken, where it can be said" },
    received: { type: "string", description: "What came instead, by its kind or size, unless it may be secret" },
  },
}
