import type { LogLine } from "@ashlar/sdk"

/** One call of a function: the line that closes it, and what it wrote before. */
export interface Invocation {
  readonly id: string
  readonly lines: readonly LogLine[]
  /** The line with method, path and status; undefined while the call runs. */
  readonly request: LogLine | undefined
  readonly kill: LogLine | undefined
  readonly startedAt: string
  readonly level: LogLine["level"]
}

/** One row of the log as it is drawn. */
export type LogRow =
  | { readonly kind: "head"; readonly call: Invocation }
  | { readonly kind: "line"; readonly call: Invocation; readonly line: LogLine }
  | { readonly kind: "detail"; readonly call: Invocation; readonly line: LogLine }

export const LOG_ROW_PX = 24
export const LOG_HEAD_PX = 28
export const LOG_DETAIL_PX = 96
/** This many lines are kept; what is older can be read again from the server. */
export const MAX_LINES = 5_000

const gravity = { debug: 0, info: 1, warn: 2, error: 3 } as const

/** Adds lines to those that are here, in order and each once. */
export function addLines(old: readonly LogLine[], added: readonly LogLine[]): readonly LogLine[] {
  const last = old.at(-1)?.seq ?? Number.NEGATIVE_INFINITY
  const isInOrder = added.every(
    (line, position) => line.seq > (position === 0 ? last : (added[position - 1]?.seq ?? last)),
  )
  const all = isInOrder
    ? [...old, ...added]
    : [...new Map([...old, ...added].map((line) => [line.seq, line])).values()].sort((a, b) => a.seq - b.seq)
  return all.length > MAX_LINES ? all.slice(all.length - MAX_LINES) : all
}

/** Stands for the id of a call where a function wrote outside of any: while it was loaded, or after its answer. */
export const OUTSIDE = ""

/** The lines by call, in the order in which the calls began. */
export function toInvocations(lines: readonly LogLine[]): readonly Invocation[] {
  const byId = new Map<string, LogLine[]>()
  for (const line of lines) {
    const id = line.invocation ?? OUTSIDE
    const group = byId.get(id)
    if (group) group.push(line)
    else byId.set(id, [line])
  }
  return [...byId].map(([id, group]) => toInvocation(id, group))
}

function toInvocation(id: string, group: readonly LogLine[]): Invocation {
  const request = group.find((line) => line.kind === "request")
  const kill = group.find((line) => line.kind === "kill")
  const levels = group.map((line) => line.level).sort((a, b) => gravity[b] - gravity[a])
  const status = Number(request?.fields.status ?? 0)
  const level = status >= 500 || kill ? "error" : (levels[0] ?? "info")
  return {
    id,
    lines: group.filter((line) => line.kind !== "request"),
    request,
    kill,
    startedAt: startOf(group, request),
    level,
  }
}

/** The request line is written at the end; the call began before its first line. */
function startOf(group: readonly LogLine[], request: LogLine | undefined): string {
  const first = group[0]?.at ?? ""
  const durationMs = Number(request?.fields.durationMs)
  if (!request || !Number.isFinite(durationMs)) return first
  const began = new Date(Date.parse(request.at) - durationMs).toISOString()
  return [began, first].sort()[0] ?? first
}

export interface LogFilter {
  readonly level: "warn" | "error" | undefined
  /** Text, an id, or `field:value`. */
  readonly find: string
}

/** The rows that pass the filter; a call is shown with the lines of it that pass. */
export function toRows(calls: readonly Invocation[], filter: LogFilter): readonly LogRow[] {
  const least = filter.level === undefined ? 0 : gravity[filter.level]
  const rows: LogRow[] = []
  for (const call of calls) {
    if (gravity[call.level] < least || !mentions(call, filter.find.trim().toLowerCase())) continue
    rows.push({ kind: "head", call })
    for (const line of call.lines) {
      if (gravity[line.level] < least && line.kind !== "kill") continue
      rows.push({ kind: "line", call, line })
      if (line.kind === "kill") rows.push({ kind: "detail", call, line })
    }
  }
  return rows
}

function mentions(call: Invocation, find: string): boolean {
  if (find === "" || call.id.toLowerCase().includes(find)) return true
  const [name, value] = find.split(/:(.*)/s)
  return [...call.lines, ...(call.request ? [call.request] : [])].some((line) => {
    if (line.message.toLowerCase().includes(find)) return true
    if (value === undefined || name === undefined) return fieldsText(line.fields).toLowerCase().includes(find)
    return Object.entries(line.fields).some(
      ([key, inner]) => key.toLowerCase() === name && String(inner).toLowerCase().includes(value),
    )
  })
}

/** `attempt 2, path /x`: the fields of a line on one line. */
export function fieldsText(fields: LogLine["fields"]): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(", ")
}

/** The part of a moment that differs from the head above it: `.905`, `15.911`. */
export function shortClock(at: string, head: string): string {
  const [time, start] = [new Date(at), new Date(head)]
  const ms = `.${String(time.getMilliseconds()).padStart(3, "0")}`
  const sameMinute = Math.floor(time.getTime() / 60_000) === Math.floor(start.getTime() / 60_000)
  if (sameMinute && time.getSeconds() === start.getSeconds()) return ms
  const seconds = String(time.getSeconds()).padStart(2, "0") + ms
  return sameMinute ? seconds : `${String(time.getMinutes()).padStart(2, "0")}:${seconds}`
}

/** The end of an invocation's id: enough to tell neighbours apart. */
export function shortId(id: string): string {
  return id.slice(-4)
}
