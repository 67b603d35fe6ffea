import { stable } from "../json.ts"
import { Comparable, type Operation } from "./comparable.ts"
import { type Found, operationChanges, webhookChanges } from "./operation-changes.ts"

/** One thing that is other in a document. */
export interface ApiChange extends Found {
  readonly kind: "added" | "removed" | "changed"
  /** `GET /users/{id}`, `webhook user.created`, or `document` for what is of no operation. */
  readonly operation: string
}

/** What happened between two documents: what breaks comes first. */
export interface ApiDiff {
  readonly changes: readonly ApiChange[]
  readonly breaking: boolean
}

/**
 * Compares two OpenAPI documents, whoever wrote them. Pure. An operation is known by its method and the shape of its path.
 *
 * Breaking is what makes a caller fail that did nothing wrong before: an operation, a status or a header that is gone, an
 * input that is required or takes less, an output that promises less, an error that asks for something new (401, 402,
 * 403, 428), a way in that no longer suffices, a server that is gone. What cannot be decided counts as breaking; texts for people
 * are not compared.
 * @throws {OPENAPI_DOCUMENT_INVALID} for what is no OpenAPI document of version 3.
 * @example
 * const { breaking, changes } = diffOpenApi(JSON.parse(before), createOpenApi(app.table(), options))
 */
export function diffOpenApi(before: unknown, after: unknown): ApiDiff {
  const [old, now] = [new Comparable(before, "first"), new Comparable(after, "second")]
  const changes = [
    ...documentChanges(old, now),
    ...pairs(old.operations("paths"), now.operations("paths"), operationChanges),
    ...pairs(old.operations("webhooks"), now.operations("webhooks"), webhookChanges),
  ]
  const sorted = [...changes.filter(({ breaking }) => breaking), ...changes.filter(({ breaking }) => !breaking)]
  return { changes: sorted, breaking: sorted.some(({ breaking }) => breaking) }
}

type Compare = (before: Operation, after: Operation) => readonly Found[]

function* pairs(
  before: ReadonlyMap<string, Operation>,
  after: ReadonlyMap<string, Operation>,
  compare: Compare,
): Generator<ApiChange> {
  for (const [place, { label }] of before)
    if (!after.has(place))
      yield { kind: "removed", operation: label, at: "", message: "is not there any more", breaking: true }
  for (const [place, operation] of after) {
    const old = before.get(place)
    const { label } = operation
    if (old === undefined) yield { kind: "added", operation: label, at: "", message: "is new", breaking: false }
    else for (const found of compare(old, operation)) yield { kind: "changed", operation: label, ...found }
  }
}

function* documentChanges(before: Comparable, after: Comparable): Generator<ApiChange> {
  const change = (found: Found): ApiChange => ({ kind: "changed", operation: "document", ...found })
  const hadServers = before.servers.length > 0 && after.servers.length > 0
  for (const url of before.servers)
    if (hadServers && !after.servers.includes(url))
      yield change({ at: `servers ${url}`, message: "is not there any more", breaking: true })
  for (const [name, scheme] of Object.entries(before.schemes))
    if (name in after.schemes && stable(scheme) !== stable(after.schemes[name]))
      yield change({ at: `securitySchemes/${name}`, message: "is another scheme now", breaking: true })
}
