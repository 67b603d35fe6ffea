import { useQuery } from "@tanstack/react-query"
import { Link, Outlet, useLocation, useParams } from "@tanstack/react-router"
import { FolderOpen, ScrollText, SlidersHorizontal, Users } from "lucide-react"
import { exact, useCurrentInSight } from "../../frame/rail.tsx"
import { TopBar } from "../../frame/top-bar.tsx"
import { isNotFound, orgQuery } from "../../queries.ts"
import { Blank, Failed } from "../../ui/state.tsx"

const pages = [
  ["members", "Members", Users, "/orgs/$o/members"],
  ["general", "General", SlidersHorizontal, "/orgs/$o/general"],
  ["audit", "Audit", ScrollText, "/orgs/$o/audit"],
] as const

/** Who is in an organization, and what it is called. */
export function OrganizationScreen() {
  const { o } = useParams({ from: "/signed-in/orgs/$o" })
  const { pathname } = useLocation()
  const list = useCurrentInSight()
  const org = useQuery(orgQuery(o))
  return (
    <div className="app app-bare">
      <TopBar />
      <main className="main" id="main" tabIndex={-1}>
        {org.isError && !isNotFound(org.error) && (
          <Failed title="The organization could not be read" error={org.error} onRetry={() => void org.refetch()} />
        )}
        {org.isError && isNotFound(org.error) && (
          <Blank page title="No such organization">
            <p>There is none of this name, or you are not a member of it. An owner of it can invite you.</p>
          </Blank>
        )}
        {!org.isError && (
          <div className="split settings">
            <aside className="pane list" aria-label="Organization" data-pane="">
              <div className="bar head not-phone">
                <h2 className="cut">{org.data?.name ?? "Organization"}</h2>
              </div>
              <nav ref={list} className="sm:py-2" aria-label="Organization">
                {pages.map(([id, title, Icon, to]) => (
                  <Link
                    key={id}
                    to={to}
                    params={{ o }}
                    activeOptions={exact}
                    aria-current={pathname.endsWith(`/${id}`) ? "page" : undefined}
                  >
                    <Icon className="i s" />
                    {title}
                  </Link>
                ))}
                <Link to="/projects" search={{ org: o }}>
                  <FolderOpen className="i s" />
                  Projects
                </Link>
              </nav>
            </aside>
            <Outlet />
          </div>
        )}
      </main>
    </div>
  )
}
