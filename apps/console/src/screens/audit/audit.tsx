import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query"
import { useNavigate, useParams, useSearch } from "@tanstack/react-router"
import { CircleCheck, CircleX, ShieldCheck } from "lucide-react"
import { type AuditSearch, keyActions, projectActions } from "../../model/audit-filter.ts"
import { plural } from "../../model/format.ts"
import { auditQuery, keyAuditQuery, kmsKeysQuery, membersQuery, projectQuery, secretsQuery } from "../../queries.ts"
import { admin } from "../../session.ts"
import { Button } from "../../ui/button.tsx"
import { Segments } from "../../ui/form.tsx"
import { Blank, messageOf } from "../../ui/state.tsx"
import { AuditFilters } from "./audit-filters.tsx"
import { AuditCount, AuditList } from "./audit-list.tsx"
import { toKeyLine, toLine, toPeople } from "./lines.ts"

const from = "/signed-in/projects/$p/audit"

/** Who did what: changes to the project, or what was done with its keys and secrets. */
export function AuditScreen() {
  const search = useSearch({ from })
  return search.trail === "keys" ? <KeyTrail search={search} /> : <Changes search={search} />
}

function useChange(): (changes: AuditSearch) => void {
  const navigate = useNavigate({ from: "/projects/$p/audit" })
  return (changes) => void navigate({ search: (old) => ({ ...old, ...changes }), replace: true })
}

function TrailSwitch({ search }: { search: AuditSearch }) {
  const change = useChange()
  const none = { what: undefined, of: undefined, outcome: undefined }
  return (
    <div className="ml-auto">
      <Segments
        label="Trail"
        value={search.trail ?? "changes"}
        choices={[
          ["changes", "Changes"],
          ["keys", "Keys and secrets"],
        ]}
        onChange={(trail) => change({ ...none, trail: trail === "keys" ? "keys" : undefined })}
      />
    </div>
  )
}

function Changes({ search }: { search: AuditSearch }) {
  const { p } = useParams({ from })
  const change = useChange()
  const audit = useInfiniteQuery(auditQuery(p, search))
  const members = useQuery(membersQuery(p))
  const entries = audit.data?.pages.flatMap((page) => page.items) ?? []
  const list = { pages: audit, lines: entries.map(toLine), search }
  const people = toPeople(
    members.data?.items ?? [],
    entries.map(({ actor }) => actor),
  )
  return (
    <>
      <div className="bar head" data-pane="">
        <h1>Audit</h1>
        <AuditCount {...list} />
        <TrailSwitch search={search} />
      </div>
      <AuditFilters search={search} people={people} actions={projectActions} onChange={change} />
      <AuditList
        {...list}
        nothing={
          <Blank title="Nothing was changed yet">
            <p>Every change to this project leaves an entry here: who, what, and when.</p>
          </Blank>
        }
      />
    </>
  )
}

function KeyTrail({ search }: { search: AuditSearch }) {
  const { p } = useParams({ from })
  const change = useChange()
  const audit = useInfiniteQuery(keyAuditQuery(p, search))
  const [members, keys, secrets] = [useQuery(membersQuery(p)), useQuery(kmsKeysQuery(p)), useQuery(secretsQuery(p))]
  const project = useQuery(projectQuery(p))
  const mayVerify = project.data?.role === "owner" || project.data?.role === "admin"
  const verify = useMutation({ mutationFn: () => admin.kms.verifyAudit(p) })
  const entries = audit.data?.pages.flatMap((page) => page.items) ?? []
  const list = { pages: audit, lines: entries.map(toKeyLine), search }
  const actors = entries.map(({ actor, details }) => {
    return { kind: actor.type, id: actor.id, label: typeof details.by === "string" ? details.by : actor.id }
  })
  const objects = [
    ...(keys.data ?? []).map(({ name }) => [`key:${name}`, `Key ${name}`] as const),
    ...(secrets.data ?? []).map(({ name }) => [`secret:${name}`, `Secret ${name}`] as const),
  ]
  return (
    <>
      <div className="bar head" data-pane="">
        <h1>Audit</h1>
        <AuditCount {...list} />
        <TrailSwitch search={search} />
        {mayVerify && (
          <Button
            icon={ShieldCheck}
            aria-label="Verify the trail"
            busy={verify.isPending}
            onClick={() => verify.mutate()}
          >
            <span className="not-phone">Verify</span>
          </Button>
        )}
      </div>
      <AuditFilters
        {...{ search, objects }}
        people={toPeople(members.data?.items ?? [], actors)}
        actions={keyActions}
        onChange={change}
      />
      {(verify.data || verify.error) && <Verdict report={verify.data} error={verify.error} />}
      <AuditList
        {...list}
        nothing={
          <Blank title="No key or secret was used yet">
            <p>
              What is done with keys and secrets leaves an entry here, and what was refused as well. Each has the hash
              of the one before it.
            </p>
          </Blank>
        }
      />
    </>
  )
}

interface VerdictProps {
  readonly report: Awaited<ReturnType<typeof admin.kms.verifyAudit>> | undefined
  readonly error: Error | null
}

/** Whether the trail is as it was written. */
function Verdict({ report, error }: VerdictProps) {
  if (report?.ok) {
    return (
      <div className="notice" role="status">
        <CircleCheck className="i" />
        <span>
          {plural(report.entries, "entry", "entries")} as written, {plural(report.checkpoints, "signed checkpoint")}.
          Keep the head elsewhere: <span className="mono break-all">{report.head.hash}</span>
        </span>
      </div>
    )
  }
  const said = report?.broken
    ? `The chain breaks at entry ${report.broken.sequence}: ${report.broken.message}`
    : messageOf(error)
  return (
    <div className="notice bad" role="alert">
      <CircleX className="i" />
      <span>{said}</span>
    </div>
  )
}
