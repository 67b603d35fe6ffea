import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { useNavigate, useParams, useSearch } from "@tanstack/react-router"
import { orgActions } from "../../model/audit-filter.ts"
import { orgAuditQuery, orgMembersQuery } from "../../queries.ts"
import { Blank } from "../../ui/state.tsx"
import { AuditFilters } from "../audit/audit-filters.tsx"
import { AuditCount, AuditList } from "../audit/audit-list.tsx"
import { toLine, toPeople } from "../audit/lines.ts"

const from = "/signed-in/orgs/$o/audit"

/** Who changed what in the organization itself: its projects have their own trails. */
export function OrgAuditScreen() {
  const { o } = useParams({ from })
  const search = useSearch({ from })
  const navigate = useNavigate({ from: "/orgs/$o/audit" })
  const audit = useInfiniteQuery(orgAuditQuery(o, search))
  const members = useQuery(orgMembersQuery(o))
  const entries = audit.data?.pages.flatMap((page) => page.items) ?? []
  const list = { pages: audit, lines: entries.map(toLine), search }
  const people = toPeople(
    members.data?.items ?? [],
    entries.map(({ actor }) => actor),
  )
  return (
    <section className="pane grow" data-pane="" aria-label="Audit">
      <div className="bar head">
        <h1>Audit</h1>
        <AuditCount {...list} />
      </div>
      <AuditFilters
        {...{ search, people }}
        actions={orgActions}
        onChange={(changes) => void navigate({ search: (old) => ({ ...old, ...changes }), replace: true })}
      />
      <AuditList
        {...list}
        nothing={
          <Blank title="Nothing was changed yet">
            <p>Who joins, leaves and gets another role is here. What happens in projects is in their own audit.</p>
          </Blank>
        }
      />
    </section>
  )
}
