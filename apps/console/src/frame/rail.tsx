import { useQuery } from "@tanstack/react-query"
import { Link, useLocation, useMatches, useParams } from "@tanstack/react-router"
import { LayoutGrid, type LucideIcon, ScrollText, SlidersHorizontal, SquareFunction, Table2 } from "lucide-react"
import { Fragment, type RefObject, useEffect, useRef } from "react"
import { capabilitiesQuery, collectionsQuery, functionsQuery, healthQuery } from "../queries.ts"
import { Tip } from "../ui/tooltip.tsx"

interface Place {
  readonly area: string
  readonly icon: LucideIcon
  readonly to:
    | "/projects/$p"
    | "/projects/$p/collections"
    | "/projects/$p/functions"
    | "/projects/$p/audit"
    | "/projects/$p/settings/general"
}

/** The places of a project, in groups. Only what is there is listed. */
export const places: readonly (readonly [group: string | null, places: readonly Place[]])[] = [
  [null, [{ area: "Overview", icon: LayoutGrid, to: "/projects/$p" }]],
  ["Data", [{ area: "Collections", icon: Table2, to: "/projects/$p/collections" }]],
  ["Compute", [{ area: "Functions", icon: SquareFunction, to: "/projects/$p/functions" }]],
  [
    "Operate",
    [
      { area: "Audit", icon: ScrollText, to: "/projects/$p/audit" },
      { area: "Settings", icon: SlidersHorizontal, to: "/projects/$p/settings/general" },
    ],
  ],
]

/** A link is current when the screen says so, not when its address is the start of another one. */
export const exact = { exact: true, includeSearch: false } as const

/** The list of a screen's pages lies across on a phone: the page that one is on must be in sight. */
export function useCurrentInSight(): RefObject<HTMLElement | null> {
  const list = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page, another place
  useEffect(() => {
    list.current?.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "nearest" })
  }, [pathname])
  return list
}

export function useArea(): string | undefined {
  return useMatches({ select: (matches) => matches.findLast((match) => match.staticData.area)?.staticData.area })
}

export function Rail({ slim }: { slim: boolean }) {
  const { p } = useParams({ from: "/signed-in/projects/$p" })
  const area = useArea()
  const collections = useQuery(collectionsQuery(p))
  const functions = useQuery(functionsQuery(p))
  const counts: Readonly<Record<string, number | undefined>> = {
    Collections: collections.data?.items.length,
    Functions: functions.data?.items.length,
  }
  return (
    <nav className="rail" aria-label="Project" data-pane="">
      {places.map(([group, list]) => (
        <Fragment key={group}>
          {group !== null && <div className="g">{slim ? "" : group}</div>}
          {list.map((place) => (
            <RailLink
              key={place.area}
              place={place}
              p={p}
              slim={slim}
              current={area === place.area}
              count={counts[place.area]}
            />
          ))}
        </Fragment>
      ))}
      <HealthFoot slim={slim} />
    </nav>
  )
}

function RailLink({
  place,
  p,
  slim,
  current,
  count,
}: {
  place: Place
  p: string
  slim: boolean
  current: boolean
  count: number | undefined
}) {
  const link = (
    <Link
      to={place.to}
      params={{ p }}
      activeOptions={exact}
      aria-current={current ? "page" : undefined}
      aria-label={slim ? place.area : undefined}
    >
      <place.icon className="i" />
      {!slim && <span>{place.area}</span>}
      {!slim && count !== undefined && count > 0 && <span className="n">{count}</span>}
    </Link>
  )
  return slim ? (
    <Tip text={place.area} side="right">
      {link}
    </Tip>
  ) : (
    link
  )
}

/** The state of the install in words: a circle is fine, a square wants to be looked at. */
export function useHealthWords(): { readonly words: string; readonly tone: "ok" | "warn" | "bad" | "unknown" } {
  const health = useQuery(healthQuery())
  if (health.isError) return { words: "server not reached", tone: "bad" }
  if (!health.data) return { words: "checking", tone: "unknown" }
  const checks = Object.values(health.data.checks)
  const bad = checks.filter((check) => !isFine(check.status)).length
  if (bad === 0) return { words: checks.length > 0 ? `${checks.length} healthy` : "healthy", tone: "ok" }
  return { words: `${checks.length - bad} healthy, ${bad} to look at`, tone: "warn" }
}

export function isFine(status: string): boolean {
  return /^(ok|up|pass|ready|healthy|live)$/i.test(status)
}

const dots = {
  ok: "dot text-ok",
  warn: "dot sq text-warn",
  bad: "dot sq text-bad",
  unknown: "dot sq text-fg-3",
} as const

function HealthFoot({ slim }: { slim: boolean }) {
  const { words, tone } = useHealthWords()
  const capabilities = useQuery(capabilitiesQuery())
  if (slim)
    return (
      <Tip text={words} side="right">
        <div className="rf">
          <span className={dots[tone]} role="img" aria-label={words} />
        </div>
      </Tip>
    )
  return (
    <div className="rf">
      <div className="flex items-center gap-[7px]">
        <span className={dots[tone]} />
        <span className="text-fg-2">{words}</span>
      </div>
      {capabilities.data ? (
        `v${capabilities.data.version} · ${driverName(capabilities.data.database.driver)}`
      ) : (
        <span className="bone w-24" />
      )}
    </div>
  )
}

export function driverName(driver: string): string {
  return driver === "sqlite" ? "SQLite" : driver
}
