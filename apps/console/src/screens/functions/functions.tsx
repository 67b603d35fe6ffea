import { useQueries, useQuery } from "@tanstack/react-query"
import { Link, Outlet, useNavigate, useParams } from "@tanstack/react-router"
import { Plus, SquareFunction } from "lucide-react"
import { exact } from "../../frame/rail.tsx"
import { toShort } from "../../model/format.ts"
import { functionsQuery, metricsQuery } from "../../queries.ts"
import { IconButton } from "../../ui/button.tsx"
import { Bones, Failed } from "../../ui/state.tsx"

/** Figures beside the names, for this many at most. */
const MAX_MEASURED = 24

/** The list of functions, and beside it the one that is open. */
export function FunctionsScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/functions" })
  const { f } = useParams({ strict: false })
  const navigate = useNavigate()
  const functions = useQuery(functionsQuery(p))
  const items = functions.data?.items ?? []
  const metrics = useQueries({
    queries: items
      .slice(0, MAX_MEASURED)
      .map(({ name }) => ({ ...metricsQuery(p, name), refetchInterval: false as const, staleTime: 30_000 })),
  })
  return (
    <div className={`split ${f === undefined ? "" : "with-detail has-panel"}`}>
      <aside className="pane list" aria-label="Functions" data-pane="">
        <div className="bar head">
          <h2>Functions</h2>
          <IconButton
            className="ml-auto"
            icon={Plus}
            label="Deploy a function"
            onClick={() => void navigate({ to: "/projects/$p/functions", params: { p } })}
          />
        </div>
        <nav className="scroll py-2" aria-label="Functions">
          {functions.isPending && <Bones label="Loading functions" />}
          {functions.isError && (
            <Failed
              title="Functions could not be read"
              error={functions.error}
              onRetry={() => void functions.refetch()}
            />
          )}
          {items.map(({ name }, position) => {
            const calls = metrics[position]?.data?.calls
            return (
              <Link
                key={name}
                to="/projects/$p/functions/$f"
                params={{ p, f: name }}
                activeOptions={exact}
                aria-current={name === f ? "page" : undefined}
              >
                <SquareFunction className="i s" />
                <span className="cut">{name}</span>
                <span className="n">{calls === undefined ? "" : toShort(calls)}</span>
              </Link>
            )
          })}
        </nav>
      </aside>
      <Outlet />
    </div>
  )
}
