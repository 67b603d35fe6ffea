import { type ReactNode, useEffect, useRef } from "react"
import { type AuditSearch, isNarrowed } from "../../model/audit-filter.ts"
import { plural, toCount, toDate } from "../../model/format.ts"
import { Button } from "../../ui/button.tsx"
import { Face } from "../../ui/face.tsx"
import { ListTable } from "../../ui/list.tsx"
import { Blank, Bones, Failed } from "../../ui/state.tsx"

/** One line of a trail, whichever it is. */
export interface AuditLine {
  readonly id: string
  readonly at: string
  readonly who: string
  readonly isPerson: boolean
  readonly verb: string
  readonly target: string
  readonly details: string
  /** The code that refused it. */
  readonly refused?: string | undefined
}

/** What a list reads, as queries of pages give it. */
export interface AuditPages {
  readonly isPending: boolean
  readonly isError: boolean
  readonly error: unknown
  readonly hasNextPage: boolean
  readonly isFetchingNextPage: boolean
  fetchNextPage(): unknown
  refetch(): unknown
}

/** The lines that have all words of a search. */
export function findLines(lines: readonly AuditLine[], find: string | undefined): readonly AuditLine[] {
  const words = (find ?? "").trim().toLowerCase().split(/\s+/).filter(Boolean)
  return lines.filter(({ who, verb, target, details, refused }) => {
    const text = `${who} ${verb} ${target} ${details} ${refused ?? ""}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

interface AuditListProps {
  readonly pages: AuditPages
  readonly lines: readonly AuditLine[]
  readonly search: AuditSearch
  /** What to say of a trail in which nothing is. */
  readonly nothing: ReactNode
}

/** How many there are, for the head of the page. */
export function AuditCount({ pages, lines, search }: Omit<AuditListProps, "nothing">) {
  if (pages.isPending || pages.isError) return null
  const more = pages.hasNextPage ? "+" : ""
  return (
    <span className="hint not-phone" role="status">
      {search.find === undefined
        ? `${plural(lines.length, "entry", "entries")}${more && " so far"}`
        : `${toCount(findLines(lines, search.find).length)} of ${toCount(lines.length)}${more}`}
    </span>
  )
}

/** The lines, and more of them as the end comes near. */
export function AuditList({ pages, lines, search, nothing }: AuditListProps) {
  const end = useRef<HTMLDivElement>(null)
  const { hasNextPage, isFetchingNextPage } = pages
  const more = useRef(pages.fetchNextPage)
  more.current = pages.fetchNextPage
  useEffect(() => {
    if (!end.current || !hasNextPage || isFetchingNextPage) return
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && void more.current())
    observer.observe(end.current)
    return () => observer.disconnect()
  }, [hasNextPage, isFetchingNextPage])
  const found = findLines(lines, search.find)
  return (
    <div className="scroll" data-pane="">
      {pages.isPending && <Bones heightPx={40} label="Loading the audit" />}
      {pages.isError && (
        <Failed title="The audit could not be read" error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {!pages.isPending && !pages.isError && lines.length === 0 && <Nothing search={search}>{nothing}</Nothing>}
      {lines.length > 0 && <AuditTable lines={found} />}
      {lines.length > 0 && found.length === 0 && (
        <p className="p-4 text-fg-2">No entry that was read so far has these words.</p>
      )}
      {hasNextPage && search.find !== undefined && (
        <div className="p-4">
          <Button busy={isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Read more
          </Button>
        </div>
      )}
      <div ref={end} className="h-px" />
    </div>
  )
}

function Nothing({ search, children }: { search: AuditSearch; children: ReactNode }) {
  if (isNarrowed(search)) {
    return (
      <Blank title="No entry is like that">
        <p>Nothing in this trail fits all of the filters. Clear one of them.</p>
      </Blank>
    )
  }
  return <>{children}</>
}

/** The table of a trail, also where it is a part of another page. */
export function AuditTable({ lines }: { lines: readonly AuditLine[] }) {
  return (
    <ListTable heads={[["When", "w-44"], ["Who", "w-56"], "What", ["Details", "r"]]}>
      {lines.map((line) => (
        <tr key={line.id}>
          <td className="text-fg-2">
            <time dateTime={line.at}>{toDate(line.at)}</time>
          </td>
          <td>
            <span className="flex items-center gap-2.5">
              <Face quiet name={line.isPerson ? line.who : ""} />
              <span className="cut">{line.who}</span>
            </span>
          </td>
          <td>
            {line.verb} <b className="font-medium">{line.target}</b>
            {line.refused !== undefined && <span className="tag bad ml-2">refused</span>}
          </td>
          <td className="r text-fg-3" title={line.details}>
            {line.refused ?? line.details}
          </td>
        </tr>
      ))}
    </ListTable>
  )
}
