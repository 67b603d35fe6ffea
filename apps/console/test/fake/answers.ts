/** How the fake answers: as the real server does, with problem documents and request ids. */

export class Refusal extends Error {
  readonly code: string
  readonly status: number
  readonly details: Record<string, unknown> | undefined
  readonly errors: readonly object[] | undefined

  constructor(
    status: number,
    code: string,
    message: string,
    more: { details?: Record<string, unknown>; errors?: readonly object[] } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.details = more.details
    this.errors = more.errors
  }
}

let requests = 0

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(status === 204 ? null : JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", "x-request-id": `req-${++requests}`, ...headers },
  })
}

export function problem(refusal: Refusal, headers: Record<string, string> = {}): Response {
  const { code, status, message, details, errors } = refusal
  const body = {
    type: `urn:ashlar:error:${code}`,
    title: code,
    status,
    code,
    detail: message,
    requestId: `req-${++requests}`,
    details,
    errors,
  }
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  })
}

export function page<T>(items: readonly T[], url: URL): { items: readonly T[]; next: string | null } {
  const limit = Number(url.searchParams.get("limit") ?? 50)
  const from = Number(url.searchParams.get("cursor") ?? 0)
  return { items: items.slice(from, from + limit), next: from + limit < items.length ? String(from + limit) : null }
}

/** The entries of a trail that a query asks for. */
export function trail<T extends { actor: { kind: string; id: string }; action: string; at: string }>(
  entries: readonly T[],
  url: URL,
): { items: readonly T[]; next: string | null } {
  const asked = url.searchParams
  const [action, actor] = [asked.get("action"), asked.get("actor")]
  const found = entries.filter((entry) => {
    const isAction = action === null || entry.action === action || entry.action.startsWith(`${action}.`)
    const isActor = actor === null || `${entry.actor.kind}:${entry.actor.id}` === actor
    const isInTime = entry.at >= (asked.get("since") ?? "") && entry.at < (asked.get("until") ?? "9")
    return isAction && isActor && isInTime
  })
  return page(found, url)
}

/** Ids that sort by when they were made, like UUIDv7, and are the same in each run. */
export function idSource(): () => string {
  let count = 0
  return () => {
    const tail = (++count * 2_654_435_761) % 0xffffff
    return `0199c4e2-${(0x7000 + (count >> 12)).toString(16)}-7${(count & 0xfff).toString(16).padStart(3, "0")}-8a00-${tail.toString(16).padStart(12, "0")}`
  }
}
