import type { Limits, LogLine } from "@ashlar/sdk"
import { useVirtualizer } from "@tanstack/react-virtual"
import { CircleX, Play, TriangleAlert } from "lucide-react"
import { type CSSProperties, memo, type UIEvent, useEffect, useLayoutEffect, useRef } from "react"
import { durationText, limitText, toBytes, toClock } from "../../model/format.ts"
import {
  fieldsText,
  type Invocation,
  LOG_DETAIL_PX,
  LOG_HEAD_PX,
  LOG_ROW_PX,
  type LogRow,
  OUTSIDE,
  shortClock,
  shortId,
} from "../../model/logs.ts"
import { Button } from "../../ui/button.tsx"
import type { CallDraft } from "./invoke.tsx"

interface LogListProps {
  rows: readonly LogRow[]
  label: string
  limits: Limits | undefined
  following: boolean
  onFollowing: (following: boolean) => void
  onReplay: (call: CallDraft) => void
}

function heightOf(row: LogRow | undefined): number {
  if (row?.kind === "detail") return LOG_DETAIL_PX
  return row?.kind === "head" ? LOG_HEAD_PX : LOG_ROW_PX
}

/** Scrolling up stops following; the button or F starts it again. */
export function LogList({ rows, label, limits, following, onFollowing, onReplay }: LogListProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const lastTop = useRef(0)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heightOf(rows[index]),
    overscan: 20,
    paddingStart: 4,
    paddingEnd: 8,
    getItemKey: (index) => {
      const row = rows[index]
      return row === undefined ? index : row.kind === "head" ? row.call.id : `${row.kind}-${row.line.seq}`
    },
  })
  useLayoutEffect(() => {
    if (!following || !scroller.current) return
    scroller.current.scrollTop = scroller.current.scrollHeight
    lastTop.current = scroller.current.scrollTop
  })
  // Keyed by position, the heights must be taken anew when rows move.
  useEffect(() => {
    if (rows.length > 0) virtual.measure()
  }, [rows, virtual])
  const onScroll = (event: UIEvent<HTMLDivElement>): void => {
    const { scrollTop, scrollHeight, clientHeight } = event.currentTarget
    if (following && scrollTop < lastTop.current - 2 && scrollHeight - clientHeight - scrollTop > LOG_ROW_PX)
      onFollowing(false)
    lastTop.current = scrollTop
  }
  return (
    <div
      ref={scroller}
      className="scroll relative"
      role="log"
      aria-live={following ? "off" : "polite"}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      onScroll={onScroll}
    >
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index]
          const style = { transform: `translateY(${item.start}px)` }
          if (row?.kind === "head") return <Head key={item.key} call={row.call} style={style} />
          if (row?.kind === "line") return <Line key={item.key} line={row.line} call={row.call} style={style} />
          if (row?.kind === "detail")
            return (
              <Detail
                key={item.key}
                line={row.line}
                call={row.call}
                limits={limits}
                style={style}
                onReplay={onReplay}
              />
            )
          return null
        })}
      </div>
    </div>
  )
}

function LevelIcon({ level }: { level: LogLine["level"] }) {
  if (level === "warn") return <TriangleAlert aria-label="warn" />
  return level === "error" ? <CircleX aria-label="error" /> : null
}

const Head = memo(function Head({ call, style }: { call: Invocation; style: CSSProperties }) {
  const fields = call.request?.fields ?? {}
  const durationMs = Number(fields.durationMs)
  return (
    <div className={`log q ${call.level} mt-1`} style={style}>
      <span className="t">{toClock(call.startedAt)}</span>
      <span className="lv">
        <LevelIcon level={call.level} />
      </span>
      <span className="id" title={call.id}>
        {shortId(call.id)}
      </span>
      <b className="cut">
        {call.request ? (
          `${fields.method ?? ""} ${fields.path ?? call.request.message}`
        ) : (
          <span className="text-fg-3 font-normal">{call.id === OUTSIDE ? "outside of calls" : "running"}</span>
        )}
      </b>
      <b className="st">{String(fields.status ?? "")}</b>
      <span className="ex">{Number.isFinite(durationMs) && call.request ? durationText(durationMs) : ""}</span>
    </div>
  )
})

const Line = memo(function Line({ line, call, style }: { line: LogLine; call: Invocation; style: CSSProperties }) {
  const extra = line.kind === "kill" ? String(line.fields.code ?? line.fields.reason ?? "") : fieldsText(line.fields)
  return (
    <div
      className={`log ${line.level} ${line.kind === "kill" ? "kill error" : ""}`}
      style={style}
      title={`${line.message} ${extra}`.trim()}
    >
      <span className="t">{shortClock(line.at, call.startedAt)}</span>
      <span className="lv">
        <LevelIcon level={line.level} />
      </span>
      <span className="id">{shortId(call.id)}</span>
      <span className="cut">{line.message}</span>
      <span className="ex cut col-span-2 max-w-72">{extra}</span>
    </div>
  )
})

interface DetailProps {
  line: LogLine
  call: Invocation
  limits: Limits | undefined
  style: CSSProperties
  onReplay: (call: CallDraft) => void
}

/** The facts of a kill: what was used of each limit first, then the rest as it came. */
function killFacts(
  fields: LogLine["fields"],
  limits: Limits | undefined,
): readonly (readonly [name: string, text: string])[] {
  const used = (["wallMs", "cpuMs", "memoryMb"] as const).flatMap((key) => {
    const value = fields[key]
    const limit = limits?.[key]
    const name = key.replace(/M[sb]$/, "")
    const limited = limit === undefined ? "" : key === "memoryMb" ? `${limit} MB` : limitText(limit)
    if (typeof value !== "number") return limited === "" ? [] : [[name, `limit ${limited}`] as const]
    const text = key === "memoryMb" ? String(value) : durationText(value)
    return [[name, limited === "" ? text : `${text} of ${limited}`] as const]
  })
  const rest = Object.entries(fields).filter(
    ([key, value]) => value !== null && !["wallMs", "cpuMs", "memoryMb", "code"].includes(key),
  )
  return [...used, ...rest.map(([key, value]) => factOf(key, value))]
}

function factOf(key: string, value: unknown): readonly [name: string, text: string] {
  if (typeof value === "number" && key.endsWith("Ms")) return [key.slice(0, -2), durationText(value)]
  if (typeof value === "number" && key.endsWith("Bytes")) return [key.slice(0, -5), toBytes(value)]
  return [key, typeof value === "object" ? JSON.stringify(value) : String(value)]
}

/** Why a call was stopped, what it had used by then, and a way to send it again. */
function Detail({ line, call, limits, style, onReplay }: DetailProps) {
  const facts = [...killFacts(line.fields, limits), ["version", `v${line.version}`] as const]
  const half = Math.min(4, Math.ceil(facts.length / 2))
  const fields = call.request?.fields
  return (
    <div className="log-detail" style={style}>
      <dl>
        {facts.slice(0, half).map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
      </dl>
      <dl className="not-phone">
        {facts.slice(half, 2 * half).map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
      </dl>
      {fields && (
        <Button
          icon={Play}
          onClick={() => onReplay({ method: String(fields.method ?? "GET"), path: String(fields.path ?? "/") })}
        >
          Replay
        </Button>
      )}
    </div>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt className="cut">{name}</dt>
      <dd className="cut" title={value}>
        {value}
      </dd>
    </>
  )
}
