import { type Schema, v } from "@ashlar/validation"
import { Time } from "./page.ts"

export type Runtime = "bun" | "quickjs"
export type Access = "public" | "publishable" | "secret"
const runtime: Schema<Runtime> = v.enum(["bun", "quickjs"]).meta({
  id: "Runtime",
  description: "`bun` runs a sandboxed process; `quickjs` runs WebAssembly with a clean state per call.",
})
export const Access: Schema<Access> = v.enum(["public", "publishable", "secret"]).meta({
  id: "Access",
  description:
    "Who may act without being a member: everybody, any key of the project, or secret keys and the project's own functions.",
})

export interface Limits {
  readonly wallMs: number
  readonly cpuMs: number
  readonly memoryMb: number
  readonly bodyBytes: number
  readonly logLines: number
  readonly concurrency: number
  readonly queue: number
}
const limit = v.integer().min(0)
export const Limits: Schema<Limits> = v
  .object({
    wallMs: limit,
    cpuMs: limit,
    memoryMb: limit,
    bodyBytes: limit,
    logLines: limit,
    concurrency: limit,
    queue: limit,
  })
  .meta({ id: "Limits", description: "The bounds of one function: all of them, the defaults too." })

export interface FunctionInfo {
  readonly name: string
  readonly runtime: Runtime
  readonly access: Access
  /** The active version's number. */
  readonly version: number
  readonly url: string
  readonly egress: readonly string[]
  /** Names only: values never leave the server. */
  readonly env: readonly string[]
  readonly limits: Limits
  readonly createdAt: string
  readonly updatedAt: string
}
export const FunctionInfo: Schema<FunctionInfo> = v
  .object({
    name: v.string(),
    runtime,
    access: Access,
    version: v.integer().describe("The active one"),
    url: v.string().describe("`/f/<slug>/<name>`"),
    egress: v.array(v.string()),
    env: v.array(v.string()).describe("Names only: values are never shown"),
    limits: Limits,
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: "FunctionInfo" })

export interface Version {
  readonly version: number
  readonly runtime: Runtime
  readonly sha256: string
  readonly sizeBytes: number
  readonly active: boolean
  readonly createdAt: string
  /** Who deployed it. */
  readonly createdBy: string
}
export const Version: Schema<Version> = v
  .object({
    version: v.integer(),
    runtime,
    sha256: v.string().describe("Of the bundle's bytes, in lower-case hex"),
    sizeBytes: v.integer(),
    active: v.boolean(),
    createdAt: Time,
    createdBy: v.string(),
  })
  .meta({ id: "FunctionVersion" })

export interface DeployBody {
  readonly name: string
  readonly runtime: Runtime
  readonly code: string
  readonly access?: Access | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly egress?: readonly string[] | undefined
  readonly limits?: Readonly<Record<string, number>> | undefined
}
export const DeployBody: Schema<DeployBody> = v
  .object({
    name: v.string().max(200),
    runtime,
    code: v.string().describe("One JavaScript module: export default { fetch(request, ctx) }"),
    access: Access.optional(),
    env: v.record(v.string(), v.string()).optional(),
    egress: v.array(v.string()).optional(),
    limits: v.record(v.string(), v.number()).optional(),
  })
  .meta({ id: "DeployRequest" })
export interface Deployed {
  readonly function: FunctionInfo
  readonly version: Version
}
export const Deployed: Schema<Deployed> = v
  .object({ function: FunctionInfo, version: Version })
  .meta({ id: "DeployedFunction" })
export const RollbackBody: Schema<{ readonly version?: number | undefined }> = v
  .object({
    version: v.integer().min(1).optional(),
  })
  .meta({ id: "RollbackRequest" })

export interface LogLine {
  readonly seq: number
  readonly at: string
  readonly invocation: string | null
  readonly version: number
  readonly kind: "request" | "log" | "kill"
  readonly level: "debug" | "info" | "warn" | "error"
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}
const LogLevel: Schema<LogLine["level"]> = v.enum(["debug", "info", "warn", "error"]).meta({ id: "LogLevel" })
export const LogLine: Schema<LogLine> = v
  .object({
    seq: v.integer().describe("Grows with each line of the function; the event id of the live stream"),
    at: Time,
    invocation: v.string().nullable().describe("Null for lines outside any invocation"),
    version: v.integer(),
    kind: v
      .enum(["request", "log", "kill"])
      .describe("`request` closes a call, with `{ method, path, status, durationMs, cold }` in its fields"),
    level: LogLevel,
    message: v.string(),
    fields: v.record(v.string(), v.unknown()),
  })
  .meta({ id: "LogLine" })

export interface FunctionMetrics {
  readonly calls: number
  readonly errors: number
  readonly kills: Readonly<Record<string, number>>
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly coldStarts: number
  readonly since: string
}
export const FunctionMetrics: Schema<FunctionMetrics> = v
  .object({
    calls: v.integer(),
    errors: v.integer(),
    kills: v.record(v.string(), v.integer()),
    p50Ms: v.number().nullable().describe("Null before the first call"),
    p95Ms: v.number().nullable(),
    coldStarts: v.integer(),
    since: Time,
  })
  .meta({ id: "FunctionMetrics" })

export interface LogQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly level?: LogLine["level"] | undefined
  readonly invocation?: string | undefined
  /** Stay, and send every new line as a server-sent event. */
  readonly follow: boolean
}
type Text = string | undefined
export const LogQuery: Schema<
  LogQuery,
  { limit?: Text; cursor?: Text; level?: LogLine["level"] | undefined; invocation?: Text; follow?: Text }
> = v.object({
  limit: v.coerce.integer().min(1).max(1000).default(50),
  cursor: v.string().max(4096).optional(),
  level: LogLevel.optional().describe("This level and those above it"),
  invocation: v.string().max(64).optional(),
  follow: v.coerce.boolean().default(false),
})
