import { CacheStoreFailed } from "@ashlar/cache"
import type { Access, Need } from "@ashlar/control"
import {
  BundleInvalid,
  BundleTooLarge,
  ChangeBusy,
  CursorInvalid,
  type DeployedBy,
  FunctionInvalid,
  FunctionNotFound,
  FunctionVersionNotFound,
  type LogLevel,
  SecretRefused,
  StartFailed,
  Unsandboxed,
} from "@ashlar/functions"
import type { BaseContext } from "@ashlar/http"
import { describeRoute } from "@ashlar/openapi"
import {
  DeployBody,
  Deployed,
  FunctionInfo,
  FunctionMetrics,
  LogLine,
  LogQuery,
  PageQuery,
  pageOf,
  RollbackBody,
  Version,
} from "@ashlar/protocol"
import { StorageFailed } from "@ashlar/storage"
import { eventStream } from "../event-stream.ts"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import { limits } from "../limits.ts"
import { pageRequest } from "../page-request.ts"
import type { Platform } from "../platform.ts"

const reads: Need = { role: "viewer", scope: "functions:read" }
const changes: Need = { role: "developer", scope: "functions:deploy" }
/** Changes of a function happen one after the other. */
const turnErrors = [ChangeBusy, CacheStoreFailed]

/** Functions: deploys, versions, logs and metrics. Invoking them is in `invoke.ts`. */
export function addFunctionRoutes(app: Api, platform: Platform, { inProject }: Entries): void {
  const tags = ["functions"]
  const { functions, control } = platform
  const describe = (access: Access, record: Omit<FunctionInfo, "url">): FunctionInfo => ({
    ...record,
    url: `/f/${access.project.slug}/${record.name}`,
  })

  app.scope("/v1/projects/:project/functions", (scope) => {
    scope.get(
      "/",
      {
        name: "functions.list",
        tags,
        summary: "The functions of a project, by name",
        layers: [inProject(reads)],
        query: PageQuery,
        response: pageOf(FunctionInfo),
        errors: [CursorInvalid],
      },
      async (ctx) => {
        const { items, next } = await functions.list(ctx.access.project.id, pageRequest(ctx.query))
        return { items: items.map((item) => describe(ctx.access, item)), next }
      },
    )

    scope.post(
      "/",
      {
        name: "functions.deploy",
        tags,
        summary: "Deploy a bundle as a new, immutable version, and make it the active one",
        layers: [inProject(changes)],
        body: DeployBody,
        response: { 201: Deployed },
        maxBodyBytes: limits.maxDeployBodyBytes,
        errors: [
          FunctionInvalid,
          BundleTooLarge,
          BundleInvalid,
          SecretRefused,
          Unsandboxed,
          StartFailed,
          StorageFailed,
          ...turnErrors,
        ],
      },
      async (ctx) => {
        const deployment = withoutUndefined(ctx.body)
        const made = await functions.deploy(ctx.access.project.id, deployment, deployedBy(ctx.access))
        const { version, sha256, runtime } = made.version
        const target = made.function.name
        await control.audit.record(ctx.access, {
          action: "function.deploy",
          target,
          details: { version, runtime, sha256 },
        })
        return ctx.json({ function: describe(ctx.access, made.function), version: made.version }, 201)
      },
    )

    scope.get(
      "/:function",
      {
        name: "functions.get",
        tags,
        summary: "One function",
        layers: [inProject(reads)],
        response: FunctionInfo,
        errors: [FunctionNotFound],
      },
      async (ctx) => describe(ctx.access, await functions.get(ctx.access.project.id, ctx.params.function)),
    )

    scope.delete(
      "/:function",
      {
        name: "functions.delete",
        tags,
        summary: "Delete a function with its versions and log",
        layers: [inProject(changes)],
        response: { 204: null },
        errors: [FunctionNotFound, ...turnErrors],
      },
      async (ctx) => {
        await functions.remove(ctx.access.project.id, ctx.params.function)
        await control.audit.record(ctx.access, { action: "function.delete", target: ctx.params.function, details: {} })
        return ctx.empty()
      },
    )

    scope.get(
      "/:function/versions",
      {
        name: "functions.versions",
        tags,
        summary: "Every version that is kept, newest first",
        layers: [inProject(reads)],
        query: PageQuery,
        response: pageOf(Version),
        errors: [FunctionNotFound, CursorInvalid],
      },
      (ctx) => functions.versions(ctx.access.project.id, ctx.params.function, pageRequest(ctx.query)),
    )

    scope.post(
      "/:function/rollback",
      {
        name: "functions.rollback",
        tags,
        summary: "Make another version the active one; by default the one before",
        layers: [inProject(changes)],
        body: RollbackBody,
        response: FunctionInfo,
        errors: [FunctionNotFound, FunctionVersionNotFound, ...turnErrors],
      },
      async (ctx) => {
        const record = await functions.rollback(ctx.access.project.id, ctx.params.function, ctx.body.version)
        const { name: target, version } = record
        await control.audit.record(ctx.access, { action: "function.rollback", target, details: { version } })
        return describe(ctx.access, record)
      },
    )

    scope.get(
      "/:function/logs",
      {
        name: "functions.logs",
        tags,
        summary: "The log, the newest page first; with follow=1 every new line as a server-sent event",
        layers: [inProject(reads)],
        query: LogQuery,
        response: { 200: pageOf(LogLine) },
        errors: [FunctionNotFound, CursorInvalid],
        meta: describeRoute({ events: { log: LogLine }, headers: { "last-event-id": { type: "string" } } }),
      },
      async (ctx) => {
        const { follow, level, invocation, ...page } = ctx.query
        const { id } = ctx.access.project
        if (follow) return followLog(ctx, platform, { projectId: id, name: ctx.params.function, level })
        const filter = { ...pageRequest(page), ...withoutUndefined({ level, invocation }) }
        return ctx.json(await functions.logs(id, ctx.params.function, filter), 200)
      },
    )

    scope.get(
      "/:function/metrics",
      {
        name: "functions.metrics",
        tags,
        summary: "Calls, errors, kills and latencies since the platform started",
        layers: [inProject(reads)],
        response: FunctionMetrics,
        errors: [FunctionNotFound],
      },
      (ctx) => functions.metrics(ctx.access.project.id, ctx.params.function),
    )
  })
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"]

/** `Last-Event-ID` is the sequence number of the last line seen, so that whoever comes back misses nothing. */
async function followLog(
  ctx: Pick<BaseContext, "headers" | "signal">,
  { functions, draining }: Platform,
  { projectId, name, level = "debug" }: { projectId: string; name: string; level?: LogLevel | undefined },
): Promise<Response> {
  await functions.get(projectId, name) // a function that is not there is a 404, not an empty stream
  const last = /^\d{1,15}$/.exec(ctx.headers.get("last-event-id") ?? "")?.[0]
  const signal = AbortSignal.any([ctx.signal, draining])
  const lines = functions.follow(projectId, name, { signal, ...(last !== undefined && { sinceSeq: Number(last) }) })
  const wanted = LEVELS.slice(LEVELS.indexOf(level))
  return eventStream(signal, async function* () {
    for await (const line of lines) {
      if (wanted.includes(line.level)) yield { event: "log", id: String(line.seq), data: JSON.stringify(line) }
    }
  })
}

function deployedBy({ actor }: Access): DeployedBy {
  return { kind: actor.kind === "function" ? "system" : actor.kind, id: actor.id, label: actor.label }
}

type WithoutUndefined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** Members that were left out stay left out: to the rooms, `undefined` is not a value. */
function withoutUndefined<T extends object>(value: T): WithoutUndefined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as WithoutUndefined<T>
}
