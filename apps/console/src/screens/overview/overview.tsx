import { useQueries, useQuery } from "@tanstack/react-query"
import { useNavigate, useParams } from "@tanstack/react-router"
import { Plug } from "lucide-react"
import { useActions } from "../../actions.ts"
import { plural, toAgo, toCount } from "../../model/format.ts"
import { collectionsQuery, functionsQuery, keysQuery, membersQuery, metricsQuery, projectQuery } from "../../queries.ts"
import { Button, CopyIcon } from "../../ui/button.tsx"
import { Failed } from "../../ui/state.tsx"
import { ActivityBlock, FunctionsBlock, HealthBlock } from "./blocks.tsx"
import { QuickStart } from "./quick-start.tsx"

/** How many functions are asked for their figures here; the list of functions has the rest. */
const MAX_MEASURED = 12

/** Is it well, and what is next. */
export function OverviewScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/" })
  const navigate = useNavigate()
  const project = useQuery(projectQuery(p))
  const collections = useQuery(collectionsQuery(p))
  const functions = useQuery(functionsQuery(p))
  const keys = useQuery(keysQuery(p))
  const members = useQuery(membersQuery(p))
  const measured = (functions.data?.items ?? []).slice(0, MAX_MEASURED)
  const metrics = useQueries({ queries: measured.map(({ name }) => metricsQuery(p, name)) })
  const connect = (): void => void navigate({ to: "/projects/$p/settings/api-keys", params: { p } })
  useActions([{ id: "connect", title: "Connect an app", group: "Do", icon: Plug, keys: "c", run: connect }])

  const documents = collections.data?.items.reduce((sum, collection) => sum + collection.count, 0)
  const known = metrics.flatMap((metric) => (metric.data ? [metric.data] : []))
  const calls = known.reduce((sum, metric) => sum + metric.calls, 0)
  const errors = known.reduce((sum, metric) => sum + metric.errors, 0)
  const live = keys.data?.items.filter((key) => key.revokedAt === null)
  const lastUsed = live
    ?.map((key) => key.lastUsedAt ?? "")
    .sort()
    .at(-1)
  const isFresh = collections.data?.items.length === 0 && functions.data?.items.length === 0
  const functionsKnown = functions.data !== undefined && metrics.every((metric) => !metric.isPending)

  return (
    <>
      <div className="bar head course-end" style={{ height: 56 }} data-pane="">
        <h1>{project.data?.name ?? p}</h1>
        <span className="mono text-fg-2 ml-3 not-phone">{location.origin}</span>
        <span className="not-phone -ml-1.5">
          <CopyIcon text={location.origin} label="Copy the server's address" />
        </span>
        <Button look="ink" icon={Plug} keys="c" className="ml-auto" onClick={connect}>
          Connect an app
        </Button>
      </div>
      <div className="scroll flex flex-col">
        {!isFresh && (
          <section className="course five" aria-label="Figures" data-pane="">
            <Stat
              name="Documents"
              figure={documents}
              note={collections.data && `in ${plural(collections.data.items.length, "collection")}`}
              error={collections.error}
            />
            <Stat
              name="Calls"
              figure={functionsKnown ? calls : undefined}
              note={functions.data && plural(functions.data.items.length, "function")}
              error={functions.error}
            />
            <Stat
              name="Errors"
              figure={functionsKnown ? errors : undefined}
              note={calls > 0 ? `${((errors / calls) * 100).toFixed(2)} % of calls` : "of no calls"}
              error={functions.error}
            />
            <Stat
              name="API keys"
              figure={live?.length}
              note={lastUsed ? `used ${toAgo(lastUsed, Date.now())}` : "none used yet"}
              error={keys.error}
            />
            <Stat
              name="Members"
              figure={members.data?.items.length}
              note={
                members.data &&
                `${plural(members.data.items.filter((member) => member.role === "owner").length, "owner")}`
              }
              error={members.error}
            />
          </section>
        )}
        <section className="course eight" aria-label="Quick start and health">
          <QuickStart
            p={p}
            collections={collections.data?.items}
            functions={functions.data?.items}
            keys={keys.data?.items}
            members={members.data?.items}
          />
          <HealthBlock />
        </section>
        {!isFresh && (
          <section className="course four" aria-label="Functions and activity">
            <FunctionsBlock
              p={p}
              functions={functions.data?.items}
              error={functions.error}
              figures={
                new Map(
                  measured.flatMap(({ name }, position) =>
                    metrics[position]?.data ? [[name, metrics[position].data]] : [],
                  ),
                )
              }
              onRetry={() => void functions.refetch()}
            />
            <ActivityBlock p={p} />
          </section>
        )}
        {collections.isError && functions.isError && (
          <Failed title="The project could not be read" error={collections.error} />
        )}
      </div>
    </>
  )
}

function Stat({
  name,
  figure,
  note,
  error,
}: {
  name: string
  figure: number | undefined
  note?: string | undefined
  error: unknown
}) {
  return (
    <div className="stat">
      <span className="flex gap-2">
        <span className="text-fg-2">{name}</span>
        <span className="ml-auto text-sm leading-5 text-fg-3 cut">{error ? "not read" : note}</span>
      </span>
      <span className="fig">
        {figure === undefined ? error ? "–" : <span className="bone w-16" /> : toCount(figure)}
      </span>
    </div>
  )
}
