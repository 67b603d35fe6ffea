import { type Locks, openLocks } from "@ashlar/cache/locks"
import { type Clock, type IdSource, systemClock, uuidv7 } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import { Broker, type DataPort } from "./broker.ts"
import type { BundleStore } from "./bundles.ts"
import { Calls, type InvokeOptions } from "./calls.ts"
import { createEgress, type EgressOptions } from "./egress.ts"
import { Stopped } from "./errors.ts"
import { type FunctionCapabilities, Isolation } from "./isolation.ts"
import { defaultInstallLimits, type InstallLimits } from "./limits.ts"
import { type LogFilter, type LogLine, Logs } from "./logs.ts"
import { checkDeployment, type Deployment } from "./manifest.ts"
import type { FunctionMetrics } from "./metrics.ts"
import type { Page, PageRequest } from "./page.ts"
import { Pool } from "./pool.ts"
import type { Profile } from "./profile.ts"
import type { SecretSource } from "./secret-env.ts"
import { openStage, type Stage } from "./stage.ts"
import { type FunctionRecord, FunctionStore, type Sealer, type VersionRecord } from "./store.ts"
import { createTurns } from "./turns.ts"

export interface FunctionsOptions {
  /** The project's file, opened with `functionsFeature`. Asked for on every call, so it should remember. */
  readonly storeFor: (projectId: string) => SqliteFile | Promise<SqliteFile>
  /** A project as its functions see it, in `ctx.project`: its slug. Asked for when a process loads. Default: its id. */
  readonly projectNameFor?: (projectId: string) => string | Promise<string>
  /**
   * What a value `secret:<name>` of a function's env stands for, read when a process loads. Rejects when there is no such secret, or the
   * function may not read it. Default: such values are texts like others.
   */
  readonly secretFor?: SecretSource
  /** What `ctx.db` reaches. */
  readonly data: DataPort
  /** Seals the env values at rest. */
  readonly sealer: Sealer
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Makes the ids of functions and invocations. Default: UUIDv7. */
  readonly ids?: IdSource
  /** Run `bun` functions without a sandbox where the machine gives none. Default false: they are refused there. */
  readonly trustFunctions?: boolean
  /** The Bun that functions run on. Default: the one that runs the platform. */
  readonly bunPath?: string
  /** `""` to do without bubblewrap. Default: found on PATH. */
  readonly bwrapPath?: string
  /** The profiles to try, the best first. Default: all. */
  readonly profiles?: readonly Profile[]
  /** Where the runner's files are put; every user of the machine must be able to enter it. Default: the temporary folder. */
  readonly stagePath?: string
  /** Where code is kept. Default: in the project's file. Code that is there already is read from there all the same. */
  readonly bundles?: BundleStore
  /** Let one change of a function happen at a time; who opened them closes them. Default: in this process. */
  readonly locks?: Locks
  /** The way out of `fetch`. */
  readonly egress?: EgressOptions
  readonly limits?: Partial<InstallLimits>
  /** Hears of errors that are the platform's own fault, for its log. Default: ignored. */
  readonly onInternalError?: (error: unknown) => void
}

/** The health of the functions of an install, for `/health/ready` and `doctor`. */
export interface FunctionsHealth {
  readonly status: "green" | "red"
  readonly processes: number
  readonly maxProcesses: number
}

/** Functions of all projects of an install. One per install. */
export interface FunctionsService {
  /**
   * Loads the bundle in a sandbox, writes it as the next version and makes it the active one. The process that loaded it
   * serves the first calls.
   *
   * @param by Who deploys, for the record of the version.
   * @throws {FUNCTIONS_INVALID | FUNCTIONS_BUNDLE_TOO_LARGE | FUNCTIONS_BUNDLE_INVALID} when the deployment is wrong. Nothing
   *   is written then.
   * @throws {FUNCTIONS_UNSANDBOXED | FUNCTIONS_START_FAILED} when the runtime cannot run here.
   * @throws {FUNCTIONS_CHANGE_BUSY | CACHE_STORE_FAILED} as for every change of a function: they happen one after the other.
   */
  deploy(
    projectId: string,
    deployment: Deployment,
    by: DeployedBy,
  ): Promise<{ function: FunctionRecord; version: VersionRecord }>
  /** By name. @throws {FUNCTIONS_CURSOR_INVALID} */
  list(projectId: string, page?: PageRequest): Promise<Page<FunctionRecord>>
  /** @throws {FUNCTIONS_NOT_FOUND} */
  get(projectId: string, name: string): Promise<FunctionRecord>
  /** Deletes the function, its versions and its log. Running calls finish. @throws {FUNCTIONS_NOT_FOUND} */
  remove(projectId: string, name: string): Promise<void>
  /** Newest first. @throws {FUNCTIONS_NOT_FOUND} */
  versions(projectId: string, name: string, page?: PageRequest): Promise<Page<VersionRecord>>
  /**
   * Makes an older or newer version the active one; default the one before the active. Running calls finish where they are.
   *
   * @throws {FUNCTIONS_NOT_FOUND | FUNCTIONS_VERSION_NOT_FOUND}
   */
  rollback(projectId: string, name: string, version?: number): Promise<FunctionRecord>
  /**
   * Calls a function. Resolves when the response's head is there; its body streams. The request is the caller's, with the
   * URL that the function is to see; platform credentials in it are taken out. `request.signal` cancels the call.
   *
   * The response has a status from 200 to 599, no Set-Cookie, and `Ashlar-Invocation`. A refusal or a kill before the head is
   * thrown, with `details.invocation`; after it the body fails.
   *
   * @throws {FUNCTIONS_NOT_FOUND | FUNCTIONS_CREDENTIALS_NEEDED | FUNCTIONS_FORBIDDEN}
   * @throws {FUNCTIONS_QUEUE_FULL | FUNCTIONS_STOPPED | FUNCTIONS_UNSANDBOXED | FUNCTIONS_START_FAILED | FUNCTIONS_BUNDLE_INVALID}
   * @throws {FUNCTIONS_WALL_LIMIT | FUNCTIONS_CPU_LIMIT | FUNCTIONS_MEMORY_LIMIT | FUNCTIONS_BODY_LIMIT | FUNCTIONS_LOG_LIMIT}
   * @throws {FUNCTIONS_THREW | FUNCTIONS_BAD_RESPONSE | FUNCTIONS_CRASHED | FUNCTIONS_PROTOCOL_ERROR | FUNCTIONS_CANCELLED}
   */
  invoke(projectId: string, name: string, options: InvokeOptions): Promise<Response>
  /** A page of the log, the newest page first, the newest line last. @throws {FUNCTIONS_NOT_FOUND} */
  logs(projectId: string, name: string, filter?: LogFilter): Promise<Page<LogLine>>
  /**
   * The log from `sinceSeq` on, and every new line as it comes; without it, new lines only. Ends with the signal or when
   * the function is deleted.
   *
   * @throws {FUNCTIONS_NOT_FOUND} at the first `next()`.
   */
  follow(
    projectId: string,
    name: string,
    options?: { sinceSeq?: number; signal?: AbortSignal },
  ): AsyncGenerator<LogLine, void, void>
  /** Since the platform started. @throws {FUNCTIONS_NOT_FOUND} */
  metrics(projectId: string, name: string): Promise<FunctionMetrics>
  /** What this machine can do. The first call tries it, which takes about 100 ms. */
  capabilities(): Promise<FunctionCapabilities>
  health(): FunctionsHealth
  /** Which of these bundles no version of the project has. */
  unusedBundles(projectId: string, keys: readonly string[]): Promise<readonly string[]>
  /** Forgets a project that was deleted: ends its processes. */
  forget(projectId: string): Promise<void>
  /** Ends all calls and processes, and writes what waits for the logs. */
  close(): Promise<void>
}

/** Who deploys, as the record of the version shows it. */
export interface DeployedBy {
  readonly kind: "user" | "key" | "system"
  readonly id: string
  readonly label: string
}

/**
 * Opens the functions of an install. Nothing is started before the first deploy, call or question for capabilities.
 *
 * @example
 * const functions = openFunctions({ storeFor, data, sealer })
 * await functions.deploy(project.id, { name: "hello", runtime: "bun", code: "export default { fetch: () => new Response('hi') }" }, by)
 * const response = await functions.invoke(project.id, "hello", { request, caller: { kind: "member", id: user.id } })
 */
export function openFunctions(options: FunctionsOptions): FunctionsService {
  const clock = options.clock ?? systemClock
  const ids = options.ids ?? (() => uuidv7(clock))
  const limits: InstallLimits = { ...defaultInstallLimits, ...options.limits }
  const stage = remembered(() => stageOf(options))
  const isolation = new Isolation({
    stage,
    trustFunctions: options.trustFunctions === true,
    profiles: options.profiles ?? ["namespaces", "dropping"],
  })
  const pool = new Pool({ stage, profileFor: (runtime) => isolation.profileFor(runtime), limits })
  const logs = new Logs({ clock, maxRows: limits.maxLogRows })
  const broker = new Broker({
    data: options.data,
    egress: createEgress(options.egress),
    maxFetchBytes: limits.maxFetchBytes,
    onInternalError: options.onInternalError ?? (() => {}),
  })
  const projectNameFor = options.projectNameFor ?? ((projectId: string) => projectId)
  const { secretFor } = options
  const calls = new Calls({ pool, logs, broker, clock, ids, limits, projectNameFor, ...(secretFor && { secretFor }) })
  const turns = createTurns(options.locks ?? openLocks("memory:"), limits.changeWaitMs)
  let closed = false
  const open = async (projectId: string): Promise<FunctionStore> => {
    if (closed) throw new Stopped()
    const file = await options.storeFor(projectId)
    return new FunctionStore(projectId, file, {
      ...{ sealer: options.sealer, clock, ids, limits },
      bundles: options.bundles,
    })
  }

  return {
    async deploy(projectId, deployment, by) {
      const store = await open(projectId)
      const checked = checkDeployment(deployment, limits.maxBundleBytes)
      return await turns.take(projectId, checked.name, async () => {
        const version = await calls.deploy(store, checked, by.label)
        return { function: store.get(checked.name), version: store.version(checked.name, version) }
      })
    },
    list: async (projectId, page = {}) => (await open(projectId)).list(page),
    get: async (projectId, name) => (await open(projectId)).get(name),
    versions: async (projectId, name, page = {}) => (await open(projectId)).versions(name, page),
    async remove(projectId, name) {
      const store = await open(projectId)
      store.active(name) // a function that is not there takes no turn
      await turns.take(projectId, name, async () => {
        const { functionId } = store.active(name)
        await store.remove(name)
        calls.forget(functionId)
      })
    },
    async rollback(projectId, name, version) {
      const store = await open(projectId)
      store.active(name)
      return await turns.take(projectId, name, async () => {
        await store.rollback(name, version)
        calls.activated(store.active(name))
        return store.get(name)
      })
    },
    invoke: async (projectId, name, invoke) => calls.invoke(await open(projectId), name, invoke),
    async logs(projectId, name, filter = {}) {
      const store = await open(projectId)
      return logs.list(store, store.active(name).functionId, filter)
    },
    async *follow(projectId, name, follow = {}) {
      const store = await open(projectId)
      yield* logs.follow(store, store.active(name).functionId, follow)
    },
    metrics: async (projectId, name) => calls.metrics((await open(projectId)).active(name).functionId),
    capabilities: () => isolation.capabilities(),
    health: () => ({ status: closed ? "red" : "green", processes: pool.size, maxProcesses: limits.maxProcesses }),
    unusedBundles: async (projectId, keys) => (await open(projectId)).unused(keys),
    forget: async (projectId) => calls.forgetProject(projectId),
    async close() {
      if (closed) return
      closed = true
      calls.close()
      await pool.close()
      await logs.close()
    },
  }
}

async function stageOf(options: FunctionsOptions): Promise<Stage> {
  const stage = await openStage(options.bunPath ?? process.execPath, options.stagePath)
  return options.bwrapPath === undefined ? stage : { ...stage, tools: { ...stage.tools, bwrap: options.bwrapPath } }
}

/** Does the work once, and again only when it failed. */
function remembered<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined
  return () => {
    value ??= work().catch((error: unknown) => {
      value = undefined
      throw error
    })
    return value
  }
}
