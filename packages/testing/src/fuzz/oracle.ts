import type { AnySchema } from "@ashlar/http"
import { toPointer } from "./breakage.ts"
import type { PlannedBody, RequestPlan } from "./request-plan.ts"
import { PARTS, type PartName, type RouteShape } from "./route-shape.ts"
import { cookieHeader, receivedParams, type SentRequest } from "./sent-request.ts"

/** What the schemas of a route say of a request, asked one by one. */
export interface Verdict {
  /** `unknown`: nobody can say before it is tried. */
  readonly kind: "valid" | "invalid" | "unknown"
  /** The parts that are refused, with the places. */
  readonly refused: Readonly<Partial<Record<PartName, readonly string[]>>>
}

type Read = { readonly value: unknown } | "unreadable" | "unknown"

/** Asks the schemas of a route about what its server reads in a request. */
export async function judgeRequest(shape: RouteShape, plan: RequestPlan, sent: SentRequest): Promise<Verdict> {
  const refused: Partial<Record<PartName, readonly string[]>> = {}
  let isUnknown = false
  for (const part of PARTS) {
    const schema = shape.schemas[part]
    if (schema === undefined) continue
    const read = readPart(part, { shape, plan, sent })
    if (read === "unknown") isUnknown = true
    else if (read === "unreadable") refused[part] = [""]
    else {
      const pointers = await ask(schema, read.value)
      if (pointers === "unknown") isUnknown = true
      else if (pointers !== undefined) refused[part] = pointers
    }
  }
  if (Object.keys(refused).length > 0) return { kind: "invalid", refused }
  return { kind: isUnknown ? "unknown" : "valid", refused }
}

async function ask(schema: AnySchema, value: unknown): Promise<readonly string[] | "unknown" | undefined> {
  try {
    const { issues } = await schema["~standard"].validate(value)
    return issues?.map(({ path = [] }) =>
      toPointer(path.map((step) => (typeof step === "object" ? step.key : step)).map((key) => String(key))),
    )
  } catch {
    return "unknown" // a schema that throws: the server meets it too
  }
}

interface Asked {
  readonly shape: RouteShape
  readonly plan: RequestPlan
  readonly sent: SentRequest
}

function readPart(part: PartName, { shape, plan, sent }: Asked): Read {
  if (part === "params") return { value: receivedParams(shape.record, plan.params) }
  if (part === "query") return { value: recordOf(plan.query) }
  if (part === "headers") return { value: Object.fromEntries(sent.headers) }
  if (part === "cookies") {
    // Others may have written the header.
    const isOwn = (sent.headers.get("cookie") ?? "") === cookieHeader(plan.cookies)
    return isOwn ? { value: Object.assign(Object.create(null), plan.cookies) } : "unknown"
  }
  return readBody(plan.body, sent.headers.get("content-type"))
}

function readBody(body: PlannedBody | undefined, type: string | null): Read {
  if (body === undefined) return { value: undefined }
  if (body.kind === "form") return { value: recordOf(body.pairs) }
  if (body.kind !== "text") return "unknown"
  if (type !== "application/json") return "unknown"
  if (body.text.startsWith("\ufeff")) return "unknown"
  try {
    return { value: JSON.parse(body.text) }
  } catch {
    return "unreadable"
  }
}

/** A name that repeats is a list. The record has no prototype, as the server's. */
function recordOf(pairs: readonly (readonly [string, string])[]): Record<string, unknown> {
  const record: Record<string, unknown> = Object.create(null)
  for (const [name, value] of pairs) {
    const known = record[name]
    record[name] = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value]
  }
  return record
}
