import type { StandardIssue, StandardPathSegment, StandardResult, StandardSchemaV1 } from "@ashlar/core"

/** Any Standard Schema: Ashlar's own `v`, Zod, Valibot, ArkType. @see https://standardschema.dev */
export type AnySchema = StandardSchemaV1

/** What a schema gives after its check and transforms. */
export type Out<S extends AnySchema> = NonNullable<S["~standard"]["types"]>["output"]

/** What a schema takes. */
export type In<S extends AnySchema> = NonNullable<S["~standard"]["types"]>["input"]

/** Where in a request a value was. */
export type Part = "params" | "query" | "headers" | "body" | "response"

/** One thing that is wrong with a request, as the problem document lists it. */
export interface RequestIssue {
  readonly in: Part
  /** RFC 6901 pointer into the part, `""` for the part itself. */
  readonly pointer: string
  readonly code: string
  readonly message: string
}

export type Checked = { readonly value: unknown } | { readonly issues: readonly RequestIssue[] }

const MAX_ISSUES = 50

/** Checks one part of a request or a response. Synchronous whenever the schema is. */
export function checkPart(part: Part, schema: AnySchema, value: unknown): Checked | Promise<Checked> {
  const result = schema["~standard"].validate(value)
  return result instanceof Promise ? result.then((settled) => toChecked(part, settled)) : toChecked(part, result)
}

function toChecked(part: Part, result: StandardResult<unknown>): Checked {
  if (result.issues === undefined) return { value: result.value }
  return { issues: result.issues.slice(0, MAX_ISSUES).map((issue) => toIssue(part, issue)) }
}

function toIssue(part: Part, issue: StandardIssue): RequestIssue {
  const { code } = issue as { code?: unknown } // not part of the standard; Ashlar's, Zod's and Valibot's issues carry one
  return {
    in: part,
    pointer: toPointer(issue.path ?? []),
    code: typeof code === "string" ? code : "invalid",
    message: issue.message,
  }
}

/** An RFC 6901 JSON pointer. @see https://www.rfc-editor.org/rfc/rfc6901 */
function toPointer(path: readonly (PropertyKey | StandardPathSegment)[]): string {
  return path
    .map((step) => String(typeof step === "object" ? step.key : step))
    .map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("")
}
