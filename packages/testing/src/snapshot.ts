/** What a snapshot keeps of an answer. */
export interface AnswerSnapshot {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface SnapshotOptions {
  /** Keys whose values change from run to run, wherever they are in the body; beside those that are known to. */
  readonly volatile?: readonly string[]
}

/** Headers that say when or where, and nothing of what was answered. */
const VOLATILE_HEADERS: ReadonlySet<string> = new Set([
  "age",
  "connection",
  "content-length",
  "date",
  "etag",
  "expires",
  "keep-alive",
  "last-modified",
  "server-timing",
  "traceparent",
  "x-request-id",
])
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)/g
const JWT = /eyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g
const ALWAYS: readonly string[] = ["requestId", "debug"]

/**
 * What stays the same when the same is asked again: ids become `<id 1>`, `<id 2>` in the order in which they are met (so
 * that what refers to what still shows), times `<time>`, tokens `<token>`.
 */
export function snapshotOf(
  answer: { readonly status: number; readonly headers: Headers; readonly value: unknown },
  { volatile = [] }: SnapshotOptions = {},
): AnswerSnapshot {
  const ids = new Map<string, string>()
  const named = new Set([...ALWAYS, ...volatile])
  const text = (value: string): string =>
    value
      .replace(JWT, "<token>")
      .replace(UUID, (id) => {
        const known = ids.get(id) ?? `<id ${ids.size + 1}>`
        ids.set(id, known)
        return known
      })
      .replace(TIME, "<time>")
  const still = (value: unknown): unknown => {
    if (typeof value === "string") return text(value)
    if (Array.isArray(value)) return value.map(still)
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [text(key), named.has(key) ? `<${key}>` : still(one)]),
    )
  }
  const headers = [...answer.headers]
    .filter(([name]) => !VOLATILE_HEADERS.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    status: answer.status,
    headers: Object.fromEntries(headers.map(([name, value]) => [name, text(value)])),
    body: still(answer.value),
  }
}
