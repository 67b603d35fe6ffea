import type { FunctionInfo, FunctionMetrics } from "@ashlar/sdk"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { isFine } from "../../frame/rail.tsx"
import { auditDetails, auditTarget, auditVerb } from "../../model/audit.ts"
import { durationText, plural, toAgo, toCount, toMoment } from "../../model/format.ts"
import { healthQuery, recentAuditQuery } from "../../queries.ts"
import { Face } from "../../ui/face.tsx"
import { Bones, Failed } from "../../ui/state.tsx"

/** What each part of the server says of itself. */
export function HealthBlock() {
  const health = useQuery(healthQuery())
  const checks = Object.entries(health.data?.checks ?? {})
  return (
    <div className="slab" data-pane="">
      <div className="slab-head">
        <h2>Health</h2>
        <span className="hint">
          {health.data ? `checked ${toAgo(new Date(health.dataUpdatedAt).toISOString(), Date.now())}` : ""}
        </span>
      </div>
      {health.isPending && <Bones rows={6} heightPx={40} label="Checking health" />}
      {health.isError && (
        <Failed title="The server did not answer" error={health.error} onRetry={() => void health.refetch()} />
      )}
      {health.data && checks.length === 0 && (
        <div className="line-row health-row">
          <span className={isFine(health.data.status) ? "dot text-ok" : "dot sq text-warn"} />
          <b>Server</b>
          <span className="text-fg-2">{health.data.status}</span>
        </div>
      )}
      {checks.map(([name, check]) => (
        <div className="line-row health-row" key={name}>
          <span className={isFine(check.status) ? "dot text-ok" : "dot sq text-warn"} />
          <b className="cut">{name.length <= 3 ? name.toUpperCase() : name.charAt(0).toUpperCase() + name.slice(1)}</b>
          <span className={isFine(check.status) ? "text-fg-2 cut" : "text-warn cut"} title={check.detail}>
            {isFine(check.status) ? check.detail || "fine" : `${check.status}: ${check.detail}`}
          </span>
        </div>
      ))}
    </div>
  )
}

interface FunctionsBlockProps {
  p: string
  functions: readonly FunctionInfo[] | undefined
  figures: ReadonlyMap<string, FunctionMetrics>
  error: unknown
  onRetry: () => void
}

/** The functions that are called most. */
export function FunctionsBlock({ p, functions, figures, error, onRetry }: FunctionsBlockProps) {
  const sorted = [...(functions ?? [])].sort(
    (a, b) => (figures.get(b.name)?.calls ?? 0) - (figures.get(a.name)?.calls ?? 0),
  )
  return (
    <div className="slab" data-pane="">
      <div className="slab-head">
        <h2>Functions</h2>
        <span className="hint">by calls</span>
        {functions && functions.length > 0 && (
          <Link className="ml-auto hint text-fg-2 hover:underline" to="/projects/$p/functions" params={{ p }}>
            All {functions.length}
          </Link>
        )}
      </div>
      {error ? <Failed title="Functions could not be read" error={error} onRetry={onRetry} /> : null}
      {!functions && !error && <Bones rows={5} heightPx={40} label="Loading functions" />}
      {functions?.length === 0 && (
        <p className="border-t border-joint px-4 py-3 text-fg-2">
          None yet. One file with a fetch handler is a function:{" "}
          <Link className="link" to="/projects/$p/functions" params={{ p }}>
            deploy one
          </Link>
          .
        </p>
      )}
      {sorted.slice(0, 6).map(({ name, runtime }) => {
        const figure = figures.get(name)
        const errorShare = figure && figure.calls > 0 ? (figure.errors / figure.calls) * 100 : 0
        return (
          <Link className="line-row fn-row" key={name} to="/projects/$p/functions/$f" params={{ p, f: name }}>
            <b className="cut">{name}</b>
            <span className="hint">{runtime}</span>
            <span className="text-right">{figure ? toCount(figure.calls) : ""}</span>
            <span className="text-right text-fg-2">
              {figure && figure.p95Ms !== null ? durationText(figure.p95Ms) : ""}
            </span>
            <span className={errorShare > 0.1 ? "text-right text-bad" : "text-right text-fg-3"}>
              {figure ? (errorShare > 0 ? `${errorShare.toFixed(errorShare < 1 ? 2 : 1)} %` : "0") : ""}
            </span>
          </Link>
        )
      })}
    </div>
  )
}

/** Who changed what, lately. */
export function ActivityBlock({ p }: { p: string }) {
  const audit = useQuery(recentAuditQuery(p))
  const entries = audit.data?.items ?? []
  return (
    <div className="slab" data-pane="">
      <div className="slab-head">
        <h2>Activity</h2>
        <span className="hint">{audit.data ? `last ${plural(entries.length, "entry", "entries")}` : ""}</span>
        <Link className="ml-auto hint text-fg-2 hover:underline" to="/projects/$p/audit" params={{ p }}>
          Audit
        </Link>
      </div>
      {audit.isPending && <Bones rows={5} heightPx={40} label="Loading activity" />}
      {audit.isError && (
        <Failed title="The audit could not be read" error={audit.error} onRetry={() => void audit.refetch()} />
      )}
      {audit.data && entries.length === 0 && (
        <p className="border-t border-joint px-4 py-3 text-fg-2">Nothing was changed yet.</p>
      )}
      {entries.slice(0, 6).map((entry) => (
        <div className="line-row act-row" key={entry.id}>
          <span className="text-fg-3 whitespace-nowrap">{toMoment(entry.at, Date.now())}</span>
          <Face quiet name={entry.actor.kind === "user" ? entry.actor.label : ""} />
          <span className="cut">
            <span className="visually-hidden">{entry.actor.label} </span>
            {auditVerb(entry)} <b>{auditTarget(entry)}</b>
          </span>
          <span className="text-fg-3 cut text-right">{auditDetails(entry)}</span>
        </div>
      ))}
    </div>
  )
}
