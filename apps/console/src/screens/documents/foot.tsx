import type { Count, Explanation } from "@ashlar/sdk"
import { type UseQueryResult, useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { RefreshCw } from "lucide-react"
import { useState } from "react"
import { useActions } from "../../actions.ts"
import { durationText, toCount } from "../../model/format.ts"
import type { Clause } from "../../model/where.ts"
import { explainQuery, type View } from "../../queries.ts"
import { Button } from "../../ui/button.tsx"
import { CodeView } from "../../ui/code.tsx"
import { Popover } from "../../ui/menu.tsx"
import { Bones, Failed } from "../../ui/state.tsx"
import { Keys } from "../../ui/tooltip.tsx"

interface FootProps {
  p: string
  c: string
  view: View
  clauses: readonly Clause[]
  count: Count | undefined
  /** Of the whole collection. */
  total: number | undefined
  loaded: number
  hasMore: boolean
  tookMs: number | undefined
  news: number
  error: string | undefined
  onReload: () => void
}

/** How many, how fast, by which index. */
export function Foot({ p, c, view, clauses, count, total, loaded, hasMore, tookMs, news, error, onReload }: FootProps) {
  const [open, setOpen] = useState(false)
  const asks = clauses.length > 0 || view.sort.length > 0
  const explain = useQuery({ ...explainQuery(p, c, view), enabled: loaded > 0 && (asks || open) })
  useActions([
    { id: "explain", title: "Explain this query", group: "Do", hint: c, keys: "shift+e", run: () => setOpen(true) },
  ])
  const matched = count ? `${toCount(count.value)}${count.exact ? "" : "+"}` : `${toCount(loaded)}${hasMore ? "+" : ""}`
  return (
    <div className="foot">
      <span role="status">
        <b className="font-strong text-fg">{matched}</b>{" "}
        {clauses.length > 0 && total !== undefined
          ? `of ${toCount(total)}`
          : count?.value === 1
            ? "document"
            : "documents"}
      </span>
      {news !== 0 && (
        <button type="button" className="link font-strong flex items-center gap-1" onClick={onReload}>
          <RefreshCw className="i s" />
          {news > 0 ? `${toCount(news)} new` : `${toCount(-news)} gone`}
        </button>
      )}
      {error !== undefined && <span className="text-bad cut">{error}</span>}
      {tookMs !== undefined && (
        <>
          <span className="text-fg-3 not-phone">·</span>
          <span className="not-phone">{durationText(tookMs)}</span>
        </>
      )}
      {asks && explain.data && (
        <>
          <span className="text-fg-3 not-phone">·</span>
          <span className="not-phone cut">
            {explain.data.index === null ? (
              explain.data.scan ? (
                <span className="text-warn">no index, every document is looked at</span>
              ) : (
                "by id"
              )
            ) : (
              <>
                index <span className="mono">{explain.data.index}</span>
              </>
            )}
          </span>
        </>
      )}
      <Popover
        label="How the query runs"
        open={open}
        onOpenChange={setOpen}
        trigger={
          <button type="button" className="link" aria-keyshortcuts="Shift+E">
            Explain
          </button>
        }
      >
        <Explain p={p} c={c} view={view} clauses={clauses} query={explain} onClose={() => setOpen(false)} />
      </Popover>
      <span className="keys ml-auto text-fg-3 flex items-center gap-1.5" aria-hidden="true">
        <Keys keys="j" />
        <Keys keys="k" /> move <Keys keys="e" /> edit <Keys keys="Backspace" /> delete
      </span>
    </div>
  )
}

interface ExplainProps {
  p: string
  c: string
  view: View
  clauses: readonly Clause[]
  query: UseQueryResult<Explanation>
  onClose: () => void
}

const sortedBy = { index: "in the order of the index", memory: "sorted in memory", none: "as inserted" } as const

function Explain({ p, c, view, clauses, query, onClose }: ExplainProps) {
  const navigate = useNavigate()
  if (query.isError) return <Failed title="The query could not be explained" error={query.error} />
  if (!query.data) return <Bones rows={4} label="Explaining" />
  const { sql, plan, index, scan, sorted } = query.data
  const fields = suggestIndex(clauses, view.sort)
  const create = (): void => {
    onClose()
    void navigate({
      to: "/projects/$p/collections/$c/indexes",
      params: { p, c },
      search: { fields: fields.join(", ") },
    })
  }
  return (
    <div className="w-[min(560px,calc(100vw-16px))]">
      <div className="px-4 pt-3 pb-2 flex items-center gap-2">
        <span className={scan ? "dot sq text-warn" : "dot text-ok"} />
        <b>
          {index === null ? (
            scan ? (
              "Every document is looked at"
            ) : (
              "Found by id"
            )
          ) : (
            <>
              Index <span className="mono">{index}</span>
            </>
          )}
        </b>
        <span className="text-fg-2">{sortedBy[sorted]}</span>
      </div>
      <div className="bg-sunken border-y border-joint max-h-56 overflow-auto px-4 py-2">
        <CodeView text={wrapSql(sql)} language="sql" label="SQL" />
      </div>
      <ul className="px-4 py-2 mono text-fg-2 leading-5">
        {plan.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {scan && fields.length > 0 && (
        <div className="flex items-center gap-2 border-t border-joint px-4 py-2">
          <span className="text-fg-2 grow">
            An index on <span className="mono">{fields.join(", ")}</span> would answer it.
          </span>
          <Button onClick={create}>Create index</Button>
        </div>
      )}
    </div>
  )
}

/** Equal fields first, then the range or the order: the shape an index of this query has. */
function suggestIndex(clauses: readonly Clause[], sort: readonly string[]): string[] {
  const equal = clauses.filter(([, operator]) => operator === "eq" || operator === "in").map(([path]) => path)
  const ranges = clauses.filter(([, operator]) => ["gt", "gte", "lt", "lte"].includes(operator)).map(([path]) => path)
  const rest = sort.length > 0 ? sort : ranges.slice(0, 1)
  const known = new Set(equal)
  return [...equal, ...rest.filter((path) => !known.has(path.replace(/^-/, "")))].slice(0, 4)
}

/** One clause of SQL per line. */
function wrapSql(sql: string): string {
  return sql.replaceAll(
    /\s+(FROM|WHERE|ORDER BY|LIMIT|AND|OR)\b/g,
    (_, word: string) => `\n${word === "AND" || word === "OR" ? "  " : ""}${word}`,
  )
}
