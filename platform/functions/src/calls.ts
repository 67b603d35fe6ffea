import type { Clock, IdSource } from "@ashlar/core"
import type { Broker, DataCaller, FunctionCaller } from "./broker.ts"
import { CallRecord } from "./call-record.ts"
import { AccessDenied, Cancelled, CredentialsNeeded, requestTooLarge, Stopped } from "./errors.ts"
import { Instance } from "./instance.ts"
import { Invocation } from "./invocation.ts"
import { Lane, type Place } from "./lane.ts"
import type { FunctionLimits, InstallLimits } from "./limits.ts"
import type { Logs, NewLogLine } from "./logs.ts"
import type { Access, CheckedDeployment } from "./manifest.ts"
import { Counter, type FunctionMetrics } from "./metrics.ts"
import type { Pool } from "./pool.ts"
import type { Runtime } from "./profile.ts"
import { hasSecrets, openSecrets, type SecretSource } from "./secret-env.ts"
import type { ActiveVersion, FunctionStore, VersionContent } from "./store.ts"
import { Watchdog } from "./watchdog.ts"

export interface InvokeOptions {
  /** The request as the function is to see it, credentials of the platform aside. */
  readonly request: Request
  readonly caller: FunctionCaller
}

export interface CallsOptions {
  readonly pool: Pool
  readonly logs: Logs
  readonly broker: Broker
  readonly clock: Clock
  readonly ids: IdSource
  readonly limits: InstallLimits
  /** A project as its functions see it. */
  readonly projectNameFor: (projectId: string) => string | Promise<string>
  readonly secretFor?: SecretSource
}

/** One version that is called. */
interface Running {
  readonly project: string
  readonly functionId: string
  readonly version: number
  readonly lane: Lane
}

type VersionlessLine = Omit<NewLogLine, "version">

interface Loading {
  readonly store: FunctionStore
  readonly name: string
  readonly functionId: string
  readonly log: (line: VersionlessLine) => void
  readonly runtime: Runtime
  readonly limits: FunctionLimits
  readonly content: VersionContent
}

/** Brings calls to processes: finds the version, waits for a place, runs, and writes down how it went. */
export class Calls {
  readonly #options: CallsOptions
  readonly #running = new Map<string, Running>()
  readonly #counters = new Map<string, Counter>()
  readonly #watchdog = new Watchdog()
  #closed = false

  constructor(options: CallsOptions) {
    this.#options = options
  }

  /** Loads the bundle of a deployment, writes it, and keeps the process for its first calls. Returns the version. */
  async deploy(store: FunctionStore, deployment: CheckedDeployment, by: string): Promise<number> {
    for (;;) {
      const merged = store.merged(deployment)
      const log = new PendingLog((line) => this.#options.logs.append(store, merged.functionId, line))
      const instance = await this.#load({
        store,
        name: merged.name,
        functionId: merged.functionId,
        log: (line) => log.add(line),
        runtime: merged.runtime,
        limits: merged.limits,
        content: { code: merged.codeBytes, env: merged.env },
      })
      const version = await store.deploy(merged, by).catch((error: unknown) => {
        instance.retire()
        throw error
      })
      if (version !== null) {
        log.release(version)
        const active = store.active(merged.name)
        this.activated(active)
        if (active.version === version) this.#runningOf(store, active).lane.adopt(instance)
        else instance.retire()
        return version
      }
      // The name changed hands while the bundle loaded: the env has to be sealed for its new owner.
      instance.retire()
    }
  }

  /** Another version answers from now on: the processes of the others take no more calls. */
  activated(active: ActiveVersion): void {
    for (const [key, running] of this.#running)
      if (running.functionId === active.functionId && running.version !== active.version) {
        running.lane.close()
        this.#running.delete(key)
      }
  }

  /** The function was deleted. */
  forget(functionId: string): void {
    for (const [key, running] of this.#running)
      if (running.functionId === functionId) {
        running.lane.close()
        this.#running.delete(key)
      }
    this.#counters.delete(functionId)
    this.#options.logs.forget(functionId)
  }

  /** The project was deleted. */
  forgetProject(project: string): void {
    for (const running of [...this.#running.values()]) if (running.project === project) this.forget(running.functionId)
  }

  metrics(functionId: string): FunctionMetrics {
    return this.#counter(functionId).read()
  }

  close(): void {
    this.#closed = true
    this.#watchdog.close()
    for (const running of this.#running.values()) running.lane.close()
    this.#running.clear()
  }

  /** Runs one call. @see FunctionsService.invoke */
  async invoke(store: FunctionStore, name: string, options: InvokeOptions): Promise<Response> {
    const active = store.active(name)
    checkAccess(active.access, options.caller)
    const call = new CallRecord({
      ...this.#options,
      store,
      active,
      request: options.request,
      counter: this.#counter(active.functionId),
    })
    try {
      if (Number(options.request.headers.get("content-length")) > active.limits.bodyBytes)
        throw requestTooLarge(active.limits.bodyBytes)
      if (options.request.signal.aborted) throw new Cancelled()
      const place = await this.#place(store, call)
      this.#watchdog.wake()
      return await this.#invocation(store, call, options.caller).start(place.instance)
    } catch (error) {
      throw call.refuse(error)
    }
  }

  /** A place for the call. When another version becomes the active one while the call waits, that one answers. */
  async #place(store: FunctionStore, call: CallRecord): Promise<Place> {
    for (;;) {
      const { lane } = this.#runningOf(store, call.active)
      try {
        const place = await lane.enter(call.request.signal)
        call.cold = place.cold
        return place
      } catch (error) {
        const active = error instanceof Stopped && !this.#closed ? store.active(call.active.name) : call.active
        if (active.version === call.active.version) throw error
        call.active = active
      }
    }
  }

  #invocation(store: FunctionStore, call: CallRecord, caller: FunctionCaller): Invocation {
    const { active } = call
    const dataCaller: DataCaller = {
      kind: "function",
      function: active.name,
      version: active.version,
      invocation: call.invocation,
      caller,
    }
    return new Invocation({
      id: call.invocation,
      request: call.request,
      project: store.project,
      caller: dataCaller,
      egress: active.egress,
      limits: active.limits,
      maxCalls: this.#options.limits.maxCalls,
      selfStops: active.runtime === "quickjs",
      onEnd: (end) => call.end(end),
    })
  }

  #runningOf(store: FunctionStore, active: ActiveVersion): Running {
    const { functionId, version, limits, runtime, name } = active
    const key = `${store.project}/${functionId}/${version}`
    let running = this.#running.get(key)
    if (!running) {
      const start = async (): Promise<Instance> =>
        this.#load({
          store,
          name,
          functionId,
          log: (line) => this.#options.logs.append(store, functionId, { ...line, version }),
          runtime,
          limits,
          content: await store.content(functionId, version),
        })
      const perProcess = runtime === "quickjs" ? 1 : limits.concurrency
      running = { project: store.project, functionId, version, lane: new Lane({ limits, perProcess, start }) }
      this.#running.set(key, running)
    }
    return running
  }

  async #load(loading: Loading): Promise<Instance> {
    const { pool, broker } = this.#options
    const { store, functionId, limits, name, log } = loading
    const projectName = await this.#options.projectNameFor(store.project)
    const owner = { project: store.project, function: name }
    const env = await openSecrets(loading.content.env, owner, this.#options.secretFor)
    const sandbox = await pool.take(loading.runtime)
    const instance = new Instance(sandbox, {
      project: store.project,
      projectName,
      name,
      code: loading.content.code,
      env,
      limits,
      broker,
      log,
      onKill: (reason) => {
        this.#counter(functionId).kill(reason.code)
        log({ kind: "kill", invocation: null, level: "error", message: reason.message, fields: { code: reason.code } })
      },
    })
    this.#watchdog.add(instance)
    const stale = hasSecrets(loading.content.env)
      ? setTimeout(() => instance.retire(), this.#options.limits.secretsMs).unref()
      : undefined
    void sandbox.closed.then(() => {
      clearTimeout(stale)
      this.#ended(instance)
    })
    await instance.load()
    pool.register(instance)
    return instance
  }

  #ended(instance: Instance): void {
    this.#watchdog.remove(instance)
    for (const [key, running] of this.#running) if (running.lane.empty) this.#running.delete(key)
  }

  #counter(functionId: string): Counter {
    let counter = this.#counters.get(functionId)
    if (!counter) {
      counter = new Counter(this.#options.clock.now())
      this.#counters.set(functionId, counter)
    }
    return counter
  }
}

/** The lines of a bundle that is being deployed: its version is known only after it has loaded and was written. */
class PendingLog {
  readonly #append: (line: NewLogLine) => void
  readonly #held: VersionlessLine[] = []
  #version: number | undefined

  constructor(append: (line: NewLogLine) => void) {
    this.#append = append
  }

  add(line: VersionlessLine): void {
    if (this.#version === undefined) this.#held.push(line)
    else this.#append({ ...line, version: this.#version })
  }

  release(version: number): void {
    this.#version = version
    for (const line of this.#held.splice(0)) this.add(line)
  }
}

function checkAccess(access: Access, caller: FunctionCaller): void {
  if (access === "public" || caller.kind === "member" || caller.kind === "secret") return
  if (caller.kind === "anonymous") throw new CredentialsNeeded()
  if (access === "secret") throw new AccessDenied()
}
