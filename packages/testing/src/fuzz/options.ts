import type { RouteRecord } from "@ashlar/http"
import type { PartHints } from "./route-shape.ts"

/** How routes are named here: by their name, or as `METHOD /path`. */
export type RouteKey = string
type Headers = Readonly<Record<string, string>>

export interface FuzzOptions {
  /** Where chance begins; the same seed makes the same requests. Default: by chance, and said in the report. */
  readonly seed?: number
  /** Requests for each route. Default 100. */
  readonly runs?: number
  /** These routes and no others. */
  readonly only?: readonly RouteKey[]
  /** All routes but these. */
  readonly skip?: readonly RouteKey[]
  /** Headers of every request, such as `authorization`; a function is asked for each route. */
  readonly headers?: Headers | ((record: RouteRecord) => Headers)
  /** Called before each route, to put in place what its requests need. */
  readonly setup?: (record: RouteRecord) => void | Promise<void>
  /** Good values by the name of a parameter or a member: `{ project: ["walls"] }`. Ids in answers are learnt beside these. */
  readonly values?: Readonly<Record<string, readonly unknown[]>>
  /** JSON Schemas for parts that a route reads without declaring them, or whose schemas say little, by route. */
  readonly hints?: Readonly<Record<RouteKey, PartHints>>
  /** Routes in the order in which they are tried; the others follow, those that make things first and those that delete last. */
  readonly stateful?: readonly RouteKey[]
  /** Codes of errors that any route may answer with, such as those of a proxy's rate limit. */
  readonly allowedErrors?: readonly string[]
  /** How long an answer may take, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number
  /** How many findings of one route are told. Default 3. */
  readonly maxFindings?: number
  /** Give the report in place of throwing. Default false. */
  readonly returnsReport?: boolean
  /** Say on standard error which route it is at, when it takes long. Default: where that is a terminal. */
  readonly progress?: boolean
  /** The address in the commands that send a request again. Default `http://localhost:3000`. */
  readonly origin?: string
}
