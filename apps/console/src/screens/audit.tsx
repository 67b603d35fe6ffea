import { useInfiniteQuery } from "@tanstack/react-query"
import { useParams } from "@tanstack/react-router"
import { Search } from "lucide-react"
import { useDeferredValue, useEffect, useRef, useState } from "react"
import { useActions } from "../actions.ts"
import { auditDetails, auditTarget, auditVerb } from "../model/audit.ts"
import { toCount, toDate } from "../model/format.ts"
import { auditQuery } from "../queries.ts"
import { Face } from "../ui/face.tsx"
import { Blank, Bones, Failed } from "../ui/state.tsx"

/** Who did what. */
export function AuditScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/audit" })
  const audit = useInfiniteQuery(auditQuery(p))
  const [search, setSearch] = useState("")
  const shown = useDeferredValue(search).trim().toLowerCase()
  const input = useRef<HTMLInputElement>(null)
  const end = useRef<HTMLDivElement>(null)
  useActions([
    {
      id: "filter-audit",
      title: "Filter the audit",
      group: "Do",
      icon: Search,
      keys: "/",
      run: () => input.current?.focus(),
    },
  ])
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = audit
  useEffect(() => {
    if (!end.current) return
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting && hasNextPage && !isFetchingNextPage) void fetchNextPage()
    })
    observer.observe(end.current)
    return () => observer.disconnect()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const all = audit.data?.pages.flatMap((page) => page.items) ?? []
  const found =
    shown === ""
      ? all
      : all.filter((entry) =>
          `${entry.actor.label} ${entry.action} ${auditVerb(entry)} ${auditTarget(entry)} ${auditDetails(entry)}`
            .toLowerCase()
            .includes(shown),
        )
  return (
    <>
      <div className="bar head course-end" data-pane="">
        <h1>Audit</h1>
        {audit.data && (
          <span className="hint" role="status">
            {shown === ""
              ? `${toCount(all.length)}${hasNextPage ? "+" : ""} entries`
              : `${toCount(found.length)} of ${toCount(all.length)}${hasNextPage ? "+" : ""}`}
          </span>
        )}
        <input
          ref={input}
          className="field w-64 max-w-1/2 ml-auto"
          aria-label="Filter the audit"
          placeholder="Person, action or target"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      <div className="scroll" data-pane="">
        {audit.isPending && <Bones heightPx={40} label="Loading the audit" />}
        {audit.isError && (
          <Failed title="The audit could not be read" error={audit.error} onRetry={() => void audit.refetch()} />
        )}
        {audit.data && all.length === 0 && (
          <Blank title="Nothing was changed yet">
            <p>Every change to this project leaves an entry here: who, what, and when.</p>
          </Blank>
        )}
        {all.length > 0 && (
          <table className="rows stack">
            <thead>
              <tr>
                <th scope="col" className="w-44">
                  When
                </th>
                <th scope="col" className="w-56">
                  Who
                </th>
                <th scope="col">What</th>
                <th scope="col" className="r">
                  Details
                </th>
              </tr>
            </thead>
            <tbody>
              {found.map((entry) => (
                <tr key={entry.id}>
                  <td className="text-fg-2">
                    <time dateTime={entry.at}>{toDate(entry.at)}</time>
                  </td>
                  <td>
                    <span className="flex items-center gap-2.5">
                      <Face quiet name={entry.actor.kind === "user" ? entry.actor.label : ""} />
                      <span className="cut">{entry.actor.label}</span>
                    </span>
                  </td>
                  <td>
                    {auditVerb(entry)} <b className="font-medium">{auditTarget(entry)}</b>
                  </td>
                  <td className="r text-fg-3">{auditDetails(entry)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {all.length > 0 && found.length === 0 && (
          <p className="p-4 text-fg-2">No entry that was read so far has this text.</p>
        )}
        <div ref={end} className="h-px" />
      </div>
    </>
  )
}
