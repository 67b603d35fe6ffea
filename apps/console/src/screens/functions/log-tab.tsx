import type { FunctionVersion, Limits } from "@ashlar/sdk"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { CircleX, TriangleAlert } from "lucide-react"
import { useMemo, useRef, useState } from "react"
import { useActions } from "../../actions.ts"
import { plural, toAgo, toCount, toDuration } from "../../model/format.ts"
import { type Invocation, toRows } from "../../model/logs.ts"
import { metricsQuery } from "../../queries.ts"
import { Button } from "../../ui/button.tsx"
import { Segments } from "../../ui/form.tsx"
import { Spark } from "../../ui/spark.tsx"
import { Blank, Bones, Failed } from "../../ui/state.tsx"
import { Keys } from "../../ui/tooltip.tsx"
import type { CallDraft } from "./invoke.tsx"
import { LogList } from "./log-list.tsx"
import { type Logs, useInvocations, useLogs } from "./use-logs.ts"
import { VersionCourse } from "./versions.tsx"

interface LogTabProps {
  p: string
  f: string
  versions: readonly FunctionVersion[]
  limits: Limits | undefined
  onRollback: (version: FunctionVersion) => void
  onReplay: (call: CallDraft) => void
}

const levels = ["all", "warn", "error"] as const

/** The figures, the versions, and every line as it is written. */
export function LogTab({ p, f, versions, limits, onRollback, onReplay }: LogTabProps) {
  const { level, find = "" } = useSearch({ from: "/signed-in/projects/$p/functions/$f" })
  const navigate = useNavigate()
  const logs = useLogs(p, f)
  const calls = useInvocations(logs.lines)
  const rows = useMemo(() => toRows(calls, { level, find }), [calls, level, find])
  const [following, setFollowing] = useState(true)
  const search = useRef<HTMLInputElement>(null)
  const change = (next: { level?: "warn" | "error" | undefined; find?: string | undefined }): void =>
    void navigate({ to: ".", search: (old) => ({ ...old, ...next }), replace: true })
  const nextLevel = levels[(levels.indexOf(level ?? "all") + 1) % levels.length] ?? "all"
  useActions([
    {
      id: "follow",
      title: following ? "Stop following the log" : "Follow the log",
      group: "Do",
      hint: f,
      keys: "f",
      run: () => setFollowing(!following),
    },
    {
      id: "log-level",
      title: "Next log level",
      group: "Do",
      hint: "all, warn, error",
      keys: "l",
      run: () => change({ level: nextLevel === "all" ? undefined : nextLevel }),
    },
    { id: "find-log", title: "Search the log", group: "Do", hint: f, keys: "/", run: () => search.current?.focus() },
  ])
  const warns = calls.filter((call) => call.level === "warn").length
  const errors = calls.filter((call) => call.level === "error").length
  return (
    <>
      <Tiles p={p} f={f} calls={calls} />
      <VersionCourse list={versions} onRollback={onRollback} />
      <div
        className={`bar ${logs.state === "lost" || logs.state === "failed" ? "lost" : ""}`}
        role="toolbar"
        aria-label="Log"
      >
        <input
          ref={search}
          className="field w-64! min-w-24 shrink"
          aria-label="Search the log"
          placeholder="Text, id or field:value"
          value={find}
          onChange={(event) => change({ find: event.target.value || undefined })}
        />
        <Segments
          label="Level"
          value={level ?? "all"}
          choices={[
            ["all", "All"],
            [
              "warn",
              <Level key="w" icon={<TriangleAlert className="i s text-warn" />} name="Warn" count={warns + errors} />,
              `Warn and worse, ${warns + errors}`,
            ],
            [
              "error",
              <Level key="e" icon={<CircleX className="i s text-bad" />} name="Error" count={errors} />,
              `Error, ${errors}`,
            ],
          ]}
          onChange={(next) => change({ level: next === "all" ? undefined : next })}
        />
        <span className="ml-auto flex items-center gap-3">
          <StreamWords logs={logs} />
          <Button keys="f" aria-pressed={following} onClick={() => setFollowing(!following)}>
            <span
              className={
                following && logs.state !== "lost" && logs.state !== "failed"
                  ? "dot following text-ok"
                  : "dot sq text-fg-3"
              }
            />
            {following ? "Following" : "Follow"}
          </Button>
        </span>
      </div>
      {logs.isLoading && (
        <div className="flex-1 min-h-0 overflow-hidden">
          <Bones heightPx={24} rows={40} label="Loading the log" />
        </div>
      )}
      {logs.state === "failed" && (
        <Failed title="The log could not be followed" error={logs.error} onRetry={logs.retry} />
      )}
      {!logs.isLoading && rows.length === 0 && logs.state !== "failed" && (
        <div className="flex-1 overflow-auto">
          {calls.length === 0 ? (
            <Blank title="Nothing written yet">
              <p>Every call leaves a line here, with all it logs. Send one from the panel.</p>
            </Blank>
          ) : (
            <Blank
              title={`0 of ${toCount(calls.length)} calls`}
              actions={<Button onClick={() => change({ level: undefined, find: undefined })}>Clear the filter</Button>}
            >
              <p>No call has a line that matches.</p>
            </Blank>
          )}
        </div>
      )}
      {rows.length > 0 && (
        <LogList
          rows={rows}
          label={`Log of ${f}`}
          limits={limits}
          following={following}
          onFollowing={setFollowing}
          onReplay={onReplay}
        />
      )}
      <div className="foot">
        <span role="status">
          <b className="font-strong text-fg">{toCount(calls.length)}</b> {calls.length === 1 ? "call" : "calls"},{" "}
          {plural(logs.lines.length, "line")}
        </span>
        <span className="text-fg-3 not-phone">{logs.lines.length >= 5_000 ? "the newest 5,000" : "read so far"}</span>
        <span className="keys ml-auto text-fg-3 flex items-center gap-1.5" aria-hidden="true">
          <Keys keys="/" /> search <Keys keys="f" /> follow <Keys keys="l" /> level <Keys keys="i" /> invoke
        </span>
      </div>
    </>
  )
}

function Level({ icon, name, count }: { icon: React.ReactNode; name: string; count: number }) {
  return (
    <>
      {icon}
      <span className="not-phone">{name}</span> {count}
    </>
  )
}

/** A lost stream says so, and what was missed when it is back: nothing, since it resumes by id. */
function StreamWords({ logs }: { logs: Logs }) {
  if (logs.state === "lost") return <span className="text-warn text-sm">Stream lost, trying again</span>
  if (logs.state === "resumed")
    return (
      <span className="text-fg-2 text-sm not-phone">{`Resumed after ${toDuration(logs.awayMs).join(" ")}, nothing missed`}</span>
    )
  return null
}

const SPARK_CALLS = 48

/** Four figures since the server counts; the pictures are of the last calls that were read. */
function Tiles({ p, f, calls }: { p: string; f: string; calls: readonly Invocation[] }) {
  const metrics = useQuery(metricsQuery(p, f))
  const m = metrics.data
  const last = calls.slice(-SPARK_CALLS).filter((call) => call.request)
  const durations = last.map((call) => Number(call.request?.fields.durationMs ?? 0))
  const failed = last.map((call) => (call.level === "error" ? 1 : 0))
  const cold = last.map((call) => (call.request?.fields.cold === true ? 1 : 0))
  const perMinute = bucketCalls(calls)
  const kills = Object.entries(m?.kills ?? {}).filter(([, count]) => count > 0)
  const killed = kills.reduce((sum, [, count]) => sum + count, 0)
  const [p95, unit] = toDuration(m?.p95Ms ?? 0)
  const since = m ? toAgo(m.since, Date.now()) : ""
  return (
    <section className="tiles" aria-label="Figures">
      <Tile name="Calls" title={`since ${since}`} figure={m && toCount(m.calls)}>
        <Spark kind="bars" values={perMinute} label="Calls in each part of the time that was read" />
      </Tile>
      <Tile
        name="p95"
        title={m && m.p50Ms !== null ? `median ${toDuration(m.p50Ms).join(" ")}` : ""}
        figure={m && (m.p95Ms === null ? "–" : p95)}
        unit={m && m.p95Ms !== null ? unit : ""}
      >
        <Spark values={durations} label={`Durations of the last ${durations.length} calls`} />
      </Tile>
      <Tile
        name="Errors"
        title={kills.map(([reason, count]) => `${count} ${reason}`).join(", ")}
        figure={m && toCount(m.errors)}
        unit={m && m.calls > 0 ? `· ${((m.errors / m.calls) * 100).toFixed(1)} %` : ""}
      >
        <Spark
          kind="bars"
          tone="bad"
          values={failed}
          label={`${failed.filter(Boolean).length} of the last ${failed.length} calls failed`}
        />
      </Tile>
      <Tile
        name="Cold starts"
        title={killed > 0 ? `${killed} killed` : ""}
        figure={m && toCount(m.coldStarts)}
        unit={killed > 0 ? `· ${killed} killed` : ""}
      >
        <Spark
          kind="bars"
          values={cold}
          label={`${cold.filter(Boolean).length} of the last ${cold.length} calls started cold`}
        />
      </Tile>
    </section>
  )
}

function Tile({
  name,
  title,
  figure,
  unit,
  children,
}: {
  name: string
  title: string
  figure: string | undefined
  unit?: string | undefined
  children: React.ReactNode
}) {
  return (
    <div className="tile" title={title}>
      <div className="flex gap-2">
        <span className="text-fg-2">{name}</span>
        <span className="ml-auto cut">
          {figure === undefined ? <span className="bone w-10" /> : <b>{figure}</b>}{" "}
          <span className="text-fg-2">{unit}</span>
        </span>
      </div>
      {children}
    </div>
  )
}

/** The calls that are here, in equal parts of the time they cover. */
function bucketCalls(calls: readonly Invocation[]): readonly number[] {
  const times = calls.map((call) => Date.parse(call.startedAt))
  const [from, to] = [Math.min(...times), Math.max(...times)]
  const buckets = new Array<number>(SPARK_CALLS).fill(0)
  if (times.length === 0) return buckets
  for (const time of times) {
    const at = Math.min(SPARK_CALLS - 1, Math.floor(((time - from) / Math.max(1, to - from)) * SPARK_CALLS))
    buckets[at] = (buckets[at] ?? 0) + 1
  }
  return buckets
}
