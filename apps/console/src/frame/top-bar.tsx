import { useQuery } from "@tanstack/react-query"
import { Link, useCanGoBack, useNavigate, useParams, useRouter } from "@tanstack/react-router"
import {
  ChevronLeft,
  ChevronsUpDown,
  Keyboard,
  LogOut,
  Menu as MenuIcon,
  Plus,
  Search,
  ShieldCheck,
} from "lucide-react"
import { useStore } from "../model/external.ts"
import { changePrefs, type Prefs, prefs } from "../prefs.ts"
import { projectsQuery } from "../queries.ts"
import { sessionState, signOut } from "../session.ts"
import { IconButton } from "../ui/button.tsx"
import { Face } from "../ui/face.tsx"
import { Mark } from "../ui/mark.tsx"
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuLine } from "../ui/menu.tsx"
import { Keys } from "../ui/tooltip.tsx"
import { OrgSwitcher } from "./org-switcher.tsx"
import { overlay } from "./overlay.ts"
import { exact, places, useArea } from "./rail.tsx"

const themes: readonly (readonly [Prefs["theme"], string])[] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
]

export function cycleTheme(): void {
  const now = themes.findIndex(([theme]) => theme === prefs.get().theme)
  changePrefs({ theme: themes[(now + 1) % themes.length]?.[0] ?? "system" })
}

/** Mark, project, area; the search; the person. On a phone: back, title, search and everything else behind one button. */
export function TopBar() {
  const area = useArea()
  const { p } = useParams({ strict: false })
  return (
    <header className="top" data-pane="">
      <Link className="home not-phone" to="/projects" aria-label="All projects">
        <Mark />
      </Link>
      <PhoneTitle />
      <nav className="not-phone flex items-center min-w-0" aria-label="Breadcrumb">
        <OrgSwitcher />
        {p !== undefined && <ProjectSwitcher p={p} isLast={area === "Overview"} />}
        {p !== undefined && area !== undefined && area !== "Overview" && (
          <>
            <span className="slash" />
            <span className="crumb" aria-current="page">
              {area}
            </span>
          </>
        )}
      </nav>
      <div className="ml-auto flex items-center gap-1.5">
        <button
          type="button"
          className="find"
          title="Search or jump to"
          aria-haspopup="dialog"
          onClick={() => overlay.set("palette")}
        >
          <Search className="i s" />
          <span className="grow text-left">Search or jump to…</span>
          <span className="not-phone">
            <Keys keys="mod+k" />
          </span>
        </button>
        <PersonMenu p={p} />
      </div>
    </header>
  )
}

function PhoneTitle() {
  const area = useArea()
  const router = useRouter()
  const canGoBack = useCanGoBack()
  const { p, o, c, f } = useParams({ strict: false })
  const title = c ?? f ?? (area === "Overview" ? p : (o ?? area)) ?? "Ashlar"
  const up = (): void => {
    if (canGoBack) router.history.back()
    else void router.navigate({ to: "/projects" })
  }
  return (
    <div className="only-phone min-w-0">
      <div className="flex items-center min-w-0">
        <IconButton icon={ChevronLeft} label="Back" onClick={up} />
        <div className="min-w-0 leading-[18px]">
          <h1 className="cut text-lg leading-[18px] font-title">{title}</h1>
          {p !== undefined && title !== p && <div className="cut text-xs text-fg-3">{p}</div>}
        </div>
      </div>
    </div>
  )
}

function ProjectSwitcher({ p, isLast }: { p: string; isLast: boolean }) {
  const projects = useQuery(projectsQuery())
  const navigate = useNavigate()
  const current = projects.data?.items.find((project) => project.slug === p || project.id === p)
  return (
    <>
      <Link
        className="crumb"
        to="/projects/$p"
        params={{ p }}
        activeOptions={exact}
        aria-current={isLast ? "page" : undefined}
        style={{ paddingRight: 2 }}
      >
        <span className="cut">{current?.name ?? p}</span>
      </Link>
      <Menu
        align="start"
        trigger={
          <button type="button" className="crumb" aria-label="Switch project" style={{ padding: "0 6px" }}>
            <ChevronsUpDown className="i" />
          </button>
        }
      >
        {(projects.data?.items ?? []).map((project) => (
          <MenuItem
            key={project.id}
            onSelect={() => void navigate({ to: "/projects/$p", params: { p: project.slug } })}
          >
            {project.name}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem icon={Plus} onSelect={() => void navigate({ to: "/projects" })}>
          All projects
        </MenuItem>
      </Menu>
    </>
  )
}

function PersonMenu({ p }: { p: string | undefined }) {
  const session = useStore(sessionState)
  const { theme } = useStore(prefs)
  const navigate = useNavigate()
  if (session.status !== "in") return null
  const { user } = session
  return (
    <Menu
      trigger={
        <button type="button" className="ib" aria-label={`${user.name}, menu`}>
          <Face name={user.name} className="not-phone" />
          <MenuIcon className="i only-phone" />
        </button>
      }
    >
      <MenuLabel>
        {user.name} · {user.email}
      </MenuLabel>
      {p !== undefined && (
        <div className="only-phone">
          <MenuLine />
          {places.flatMap(([, list]) =>
            list.map((place) => (
              <MenuItem
                key={place.area}
                icon={place.icon}
                onSelect={() => void navigate({ to: place.to, params: { p } })}
              >
                {place.area}
              </MenuItem>
            )),
          )}
        </div>
      )}
      <MenuLine />
      <MenuLabel>Theme</MenuLabel>
      <MenuChoices value={theme} choices={themes} onChange={(next) => changePrefs({ theme: next as Prefs["theme"] })} />
      <MenuLine />
      <MenuItem icon={ShieldCheck} onSelect={() => void navigate({ to: "/security" })}>
        Security
      </MenuItem>
      <MenuItem icon={Keyboard} keys="?" onSelect={() => overlay.set("shortcuts")}>
        All shortcuts
      </MenuItem>
      <MenuItem icon={LogOut} onSelect={() => void signOut()}>
        Sign out
      </MenuItem>
    </Menu>
  )
}
