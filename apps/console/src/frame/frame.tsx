import { useQuery } from "@tanstack/react-query"
import { Outlet, useMatches, useNavigate, useParams } from "@tanstack/react-router"
import { lazy, Suspense, useEffect, useState } from "react"
import { useActions } from "../actions.ts"
import { undoLast } from "../deletions.ts"
import { useStore } from "../model/external.ts"
import { changePrefs, prefs } from "../prefs.ts"
import { isNotFound, projectQuery } from "../queries.ts"
import { Blank, Failed } from "../ui/state.tsx"
import { overlay } from "./overlay.ts"
import { Rail } from "./rail.tsx"
import { cycleTheme, TopBar } from "./top-bar.tsx"

const Palette = lazy(() => import("./palette.tsx").then((module) => ({ default: module.Palette })))
const ShortcutSheet = lazy(() => import("./shortcut-sheet.tsx").then((module) => ({ default: module.ShortcutSheet })))

const isWide = matchMedia("(min-width: 640px)")

/** Moves the focus to the next pane, in reading order. */
function cyclePanes(step: 1 | -1): void {
  const panes = [...document.querySelectorAll<HTMLElement>("[data-pane]")].filter(
    (pane) => pane.offsetParent !== null || pane.children.length > 0,
  )
  const now = panes.findIndex((pane) => pane.contains(document.activeElement))
  const next = panes[(now + step + panes.length) % panes.length]
  const target = next?.querySelector<HTMLElement>(
    "[data-pane-focus], a[href], button:not(:disabled), input, [tabindex='0']",
  )
  target?.focus()
}

/** Everything a signed-in person sees: the bar, and below it the screen. */
export function Frame() {
  const over = useStore(overlay)
  const [paletteWanted, setPaletteWanted] = useState(false)
  const navigate = useNavigate()
  const { p } = useParams({ strict: false })
  useActions([
    {
      id: "palette",
      title: "Search or jump to…",
      group: "Do",
      keys: "mod+k",
      inFields: true,
      quiet: true,
      run: () => overlay.set(over === "palette" ? null : "palette"),
    },
    { id: "shortcuts", title: "All shortcuts", group: "Do", keys: "?", run: () => overlay.set("shortcuts") },
    { id: "theme", title: "Switch theme", group: "Do", hint: "light, dark, as the system", run: cycleTheme },
    {
      id: "undo",
      title: "Undo the last deletion",
      group: "Do",
      keys: "mod+z",
      quiet: true,
      run: () => void undoLast(),
    },
    { id: "panes", title: "Next pane", group: "Do", keys: "F6", quiet: true, inFields: true, run: () => cyclePanes(1) },
    {
      id: "panes-back",
      title: "Previous pane",
      group: "Do",
      keys: "shift+F6",
      quiet: true,
      inFields: true,
      run: () => cyclePanes(-1),
    },
    {
      id: "go-security",
      title: "Security",
      group: "Go to",
      hint: "second factors, sessions",
      run: () => void navigate({ to: "/security" }),
    },
    {
      id: "go-projects",
      title: "All projects",
      group: "Go to",
      keys: "g p",
      run: () => void navigate({ to: "/projects" }),
    },
    p !== undefined && {
      id: "go-overview",
      title: "Overview",
      group: "Go to",
      hint: p,
      keys: "g o",
      run: () => void navigate({ to: "/projects/$p", params: { p } }),
    },
    p !== undefined && {
      id: "go-collections",
      title: "Collections",
      group: "Go to",
      hint: p,
      keys: "g c",
      run: () => void navigate({ to: "/projects/$p/collections", params: { p } }),
    },
    p !== undefined && {
      id: "go-functions",
      title: "Functions",
      group: "Go to",
      hint: p,
      keys: "g f",
      run: () => void navigate({ to: "/projects/$p/functions", params: { p } }),
    },
    p !== undefined && {
      id: "go-audit",
      title: "Audit",
      group: "Go to",
      hint: p,
      keys: "g a",
      run: () => void navigate({ to: "/projects/$p/audit", params: { p } }),
    },
    p !== undefined && {
      id: "go-settings",
      title: "Settings",
      group: "Go to",
      hint: p,
      keys: "g s",
      run: () => void navigate({ to: "/projects/$p/settings/general", params: { p } }),
    },
    p !== undefined && {
      id: "go-keys",
      title: "API keys",
      group: "Go to",
      hint: p,
      keys: "g k",
      run: () => void navigate({ to: "/projects/$p/settings/api-keys", params: { p } }),
    },
    p !== undefined && {
      id: "go-users",
      title: "App users",
      group: "Go to",
      hint: p,
      keys: "g u",
      run: () => void navigate({ to: "/projects/$p/settings/users", params: { p } }),
    },
    p !== undefined && {
      id: "go-members",
      title: "Members",
      group: "Go to",
      hint: p,
      keys: "g m",
      run: () => void navigate({ to: "/projects/$p/settings/members", params: { p } }),
    },
  ])

  // Loaded once the page is quiet, so that the first press of the keys finds it here.
  useEffect(() => {
    const load = (): void => setPaletteWanted(true)
    if ("requestIdleCallback" in window) {
      const handle = requestIdleCallback(load, { timeout: 4_000 })
      return () => cancelIdleCallback(handle)
    }
    const timer = setTimeout(load, 2_000)
    return () => clearTimeout(timer)
  }, [])

  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Outlet />
      {/* Each waits for itself: what is open must not vanish while the other one is loaded. */}
      <Suspense>{(paletteWanted || over === "palette") && <Palette open={over === "palette"} />}</Suspense>
      <Suspense>{over === "shortcuts" && <ShortcutSheet />}</Suspense>
    </>
  )
}

/** The frame of a project: bar, rail and the screen. */
export function ProjectFrame() {
  const { p } = useParams({ from: "/signed-in/projects/$p" })
  const { rail } = useStore(prefs)
  const isWorkbench = useMatches({ select: (matches) => matches.some((match) => match.staticData.workbench) })
  const slim = isWorkbench ? rail !== "wide" : rail === "slim"
  const project = useQuery(projectQuery(p))
  useActions([
    {
      id: "rail",
      title: "Fold or unfold the rail",
      group: "Do",
      keys: "[",
      run: () => changePrefs({ rail: slim ? "wide" : "slim" }),
    },
  ])
  return (
    <div className={slim ? "app slim" : "app"}>
      <TopBar />
      {isWide.matches && <Rail slim={slim} />}
      <main className="main" id="main" tabIndex={-1}>
        {project.isError ? <ProjectFailed error={project.error} onRetry={() => void project.refetch()} /> : <Outlet />}
      </main>
    </div>
  )
}

function ProjectFailed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  if (!isNotFound(error)) return <Failed title="The project could not be read" error={error} onRetry={onRetry} />
  return (
    <Blank page title="No such project">
      <p>There is no project of this name, or you are not a member of it. Its owner can invite you.</p>
    </Blank>
  )
}
