import { Link, Outlet, useLocation, useParams } from "@tanstack/react-router"
import { DoorOpen, KeyRound, KeySquare, Lock, LogIn, SlidersHorizontal, UserRound, Users } from "lucide-react"
import { exact, useCurrentInSight } from "../../frame/rail.tsx"

const pages = [
  ["general", "General", SlidersHorizontal, "/projects/$p/settings/general"],
  ["api-keys", "API keys", KeyRound, "/projects/$p/settings/api-keys"],
  ["encryption-keys", "Encryption keys", KeySquare, "/projects/$p/settings/encryption-keys"],
  ["secrets", "Secrets", Lock, "/projects/$p/settings/secrets"],
  ["members", "Members", Users, "/projects/$p/settings/members"],
  ["users", "App users", UserRound, "/projects/$p/settings/users"],
  ["sign-in", "App sign-in", DoorOpen, "/projects/$p/settings/sign-in"],
  ["providers", "Providers", LogIn, "/projects/$p/settings/providers"],
] as const

const isAt = (pathname: string, page: string): boolean => pathname.includes(`/settings/${page}`)

/** One page per matter. */
export function SettingsScreen() {
  const { p } = useParams({ from: "/signed-in/projects/$p/settings" })
  const { pathname } = useLocation()
  const list = useCurrentInSight()
  return (
    <div className="split settings">
      <aside className="pane list" aria-label="Settings" data-pane="">
        <div className="bar head not-phone">
          <h2>Settings</h2>
        </div>
        <nav ref={list} className="sm:py-2" aria-label="Settings">
          {pages.map(([id, title, Icon, to]) => (
            <Link
              key={id}
              to={to}
              params={{ p }}
              activeOptions={exact}
              aria-current={isAt(pathname, id) ? "page" : undefined}
            >
              <Icon className="i s" />
              {title}
            </Link>
          ))}
        </nav>
      </aside>
      <Outlet />
    </div>
  )
}
