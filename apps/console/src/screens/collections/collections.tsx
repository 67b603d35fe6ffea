import { useQuery } from "@tanstack/react-query"
import { Link, Outlet, useMatches, useNavigate, useParams, useSearch } from "@tanstack/react-router"
import { Lock, Plus, Table2 } from "lucide-react"
import { useActions } from "../../actions.ts"
import { exact } from "../../frame/rail.tsx"
import { toCount } from "../../model/format.ts"
import { collectionsQuery } from "../../queries.ts"
import { IconButton } from "../../ui/button.tsx"
import { Bones, Failed } from "../../ui/state.tsx"
import { NewCollection } from "./new-collection.tsx"

/** The list of collections, and beside it the one that is open. */
export function CollectionsScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/collections" })
  const { c } = useParams({ strict: false })
  const search = useSearch({ from: "/signed-in/projects/$p/collections" })
  const navigate = useNavigate()
  const hasPanel = useMatches({
    select: (matches) => matches.some(({ routeId }) => /\$id$|\/insert$|\/rules$/.test(routeId)),
  })
  const collections = useQuery(collectionsQuery(p))
  const create = (open: boolean): void =>
    void navigate({ to: ".", search: (old) => ({ ...old, new: open ? true : undefined }), replace: true })
  useActions([
    {
      id: "new-collection",
      title: "New collection",
      group: "Do",
      icon: Plus,
      ...(c === undefined && { keys: "n" }),
      run: () => create(true),
    },
  ])
  return (
    <div className={`split ${c === undefined ? "" : "with-detail"} ${hasPanel ? "has-panel" : ""}`}>
      <aside className="pane list" aria-label="Collections" data-pane="">
        <div className="bar head">
          <h2>Collections</h2>
          <IconButton
            className="ml-auto"
            icon={Plus}
            label="New collection"
            {...(c === undefined && { keys: "n" })}
            onClick={() => create(true)}
          />
        </div>
        <nav className="scroll py-2" aria-label="Collections">
          {collections.isPending && <Bones label="Loading collections" />}
          {collections.isError && (
            <Failed
              title="Collections could not be read"
              error={collections.error}
              onRetry={() => void collections.refetch()}
            />
          )}
          {collections.data?.items.map(({ name, count, rules }) => {
            const isClosed = Object.values(rules).every((access) => access === null)
            return (
              <Link
                key={name}
                to="/projects/$p/collections/$c"
                params={{ p, c: name }}
                activeOptions={exact}
                aria-current={name === c ? "page" : undefined}
              >
                {isClosed ? <Lock className="i s" aria-label="Members only" /> : <Table2 className="i s" />}
                <span className="cut">{name}</span>
                <span className="n">{toCount(count)}</span>
              </Link>
            )
          })}
        </nav>
      </aside>
      <Outlet />
      {search.new === true && <NewCollection p={p} onClose={() => create(false)} />}
    </div>
  )
}
