/**
 * What a server is started with. Workloads that an application would hold side by side share one process; those that
 * change what every route costs (layers, many routes) have a process of their own.
 *
 * - `plain`: a to d. - `layers`: e. - `routes`: f. - `wide`: k. - `more`: g, h, i, j, l.
 */
export const PROFILES = ["plain", "layers", "routes", "wide", "more"] as const
export type Profile = (typeof PROFILES)[number]

/** The siblings of workload f. */
export const ROUTES = 200
/** The siblings of workload k, each with four parameters. */
export const WIDE_ROUTES = 1000
/** Headers in and headers out of workload h. */
export const HEADERS = 20
/** Events of one stream of workload l. */
export const EVENTS = 100
/** The sessions that workload g looks in. */
export const SESSIONS = 1000
export const SESSION_SECONDS = 3600

/** The id of the nth session: as long as a UUID, and the same in every server. */
export function sessionId(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`
}

export interface Session {
  readonly user: string
}

/** What every server of workload g keeps in memory. */
export function createSessions(): Map<string, Session> {
  return new Map(Array.from({ length: SESSIONS }, (_, index) => [sessionId(index), { user: `user-${index}` }]))
}

/** The names of workload h's headers, made once, as a program with constant names has them. */
export const HEADERS_IN: readonly string[] = Array.from({ length: HEADERS }, (_, index) => `x-in-${index}`)
export const HEADERS_OUT: readonly string[] = Array.from({ length: HEADERS }, (_, index) => `x-out-${index}`)

/** The paths of workloads f and k as most routers write them. */
export function routePath(index: number): string {
  return `/api/v1/resource${index}/:id`
}
export function widePath(index: number): string {
  return `/api/v1/resource${index}/:a/:b/:c/:d`
}

/** How the parent tells a server what to do. */
export interface ServerSettings {
  readonly port: number
  readonly profile: Profile
  /** The folder of workload j's file. */
  readonly files: string
}

export function readSettings(): ServerSettings {
  const { PORT, PROFILE, FILES } = process.env
  return { port: Number(PORT), profile: PROFILE as Profile, files: FILES ?? "" }
}

/** Workload j's file, in the folder of {@link ServerSettings.files}. */
export const FILE_NAME = "page.txt"
