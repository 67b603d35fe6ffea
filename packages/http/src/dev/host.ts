import type { RouteDescription } from "../routes/describe-table.ts"
import { type Listen, type ListenOptions, listenThrough, type Where } from "../server.ts"
import { Changes } from "./changes.ts"
import { describeError, type ErrorDescription } from "./error-description.ts"
import type { GatewayOptions } from "./gateway.ts"
import { History } from "./history.ts"
import { KeptServices, type ServiceChanges } from "./kept-services.ts"
import { Lane } from "./lane.ts"
import { Load } from "./load.ts"
import { Manifests } from "./manifests.ts"
import type { Modules } from "./modules.ts"
import type { OwnCode } from "./own-code.ts"
import { DevPorts } from "./ports.ts"

export interface DevHostOptions {
  readonly own: OwnCode
  readonly modules: Modules
  /** Where the app listens, whatever it says itself. */
  readonly port?: number
  readonly host?: string
  /** How long the code may take to give its app, in milliseconds. */
  readonly bootTimeoutMs: number
  /** How long requests of replaced code may go on, in milliseconds. */
  readonly graceMs: number
  readonly onEvent: (event: DevEvent) => void
}

/** What the command shows. */
export type DevEvent =
  | {
      readonly type: "loaded"
      readonly load: number
      readonly durationMs: number
      /** What had changed, from the app's folder; empty for the first load. */
      readonly files: readonly string[]
      readonly urls: readonly string[]
      readonly routes: number
      /** `GET /users`, by what the load before did not have, or has no more. */
      readonly added: readonly string[]
      readonly removed: readonly string[]
      readonly services: ServiceChanges
    }
  | {
      readonly type: "failed"
      readonly load: number
      readonly durationMs: number
      readonly files: readonly string[]
      readonly urls: readonly string[]
      readonly error: ErrorDescription
      /** Whether the code before goes on to answer. */
      readonly isServing: boolean
    }
  /** A file changed that is read only when the process starts. */
  | { readonly type: "stale"; readonly file: string }

/** What changed about the host, for whoever shows it. */
export type DevSection = "app" | "services" | "requests" | "failures" | "loads"

const DEFAULT_LISTEN = { port: 3000, host: "127.0.0.1", idleTimeoutSeconds: 30, strictWebSockets: false }

/**
 * Runs a developer's code, and runs it anew when it changes, in one process: ports stay open, and so do services. New code
 * takes over when its app has passed the boot checks; until then, and when it fails, the code before answers.
 */
export class DevHost {
  readonly history: History
  readonly services: KeptServices
  readonly #options: DevHostOptions
  readonly #listeners = new Set<(section: DevSection) => void>()
  readonly #pending = new Set<string>()
  readonly #manifests = new Manifests()
  #ports: DevPorts | undefined
  #changes: Changes | undefined
  #current: Load | undefined
  #loading: Load | undefined
  #failure: ErrorDescription | undefined
  #loads = 0
  #isBusy = false
  /** Somebody asked for another load while one is under way. */
  #isAsked = false
  #reopenAll = false

  constructor(options: DevHostOptions) {
    this.#options = options
    const { own } = options
    this.history = new History(own)
    this.history.onChange = (section) => this.#tell(section)
    this.services = new KeptServices({ isReloaded: own.has, onError: (error) => this.history.failed(error) })
  }

  /** Loads the code for the first time, and follows its changes from then on. */
  async start(kernels: GatewayOptions): Promise<void> {
    const { own, modules } = this.#options
    this.#ports = new DevPorts(kernels)
    listenThrough(this.#listen)
    this.#changes = new Changes({
      own,
      modules,
      isGenerated: (file) => this.#manifests.has(file),
      onChange: (files) => this.reload(files),
      onStale: (file) => this.#options.onEvent({ type: "stale", file: own.shown(file) }),
    })
    if (this.#changes.isPartial)
      console.error(`${own.root} has too many folders to watch: changes in some of them go unseen.`)
    await this.#run([])
  }

  /** Loads the code anew; while it is being loaded, once more afterwards. */
  reload(files: readonly string[] = [], options: { readonly reopenAll?: boolean } = {}): void {
    for (const file of files) this.#pending.add(file)
    if (options.reopenAll) this.#reopenAll = true
    if (!this.#isBusy) return void this.#run([...this.#pending])
    this.#isAsked = true
    this.#loading?.boot.superseded()
  }

  /** Something failed that nobody waited for. */
  failed(error: unknown): void {
    if (this.#loading?.boot.failed(error)) return
    this.history.failed(error)
    console.error("Nobody waited for this error:", error)
  }

  /** Ends requests, streams, services and ports. */
  async stop(): Promise<void> {
    const { graceMs } = this.#options
    this.#changes?.close()
    await this.#current?.stop(graceMs)
    await this.services.close()
    await this.#ports?.keep(new Set(), graceMs)
  }

  /** @returns what takes the listener away. */
  subscribe(listener: (section: DevSection) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Where the app answers, or where its error is shown while there is none. */
  get urls(): readonly string[] {
    const ports = this.#ports
    if (ports === undefined) return []
    const keys = this.#current?.lanes.keys() ?? ports.keys
    return [...keys].flatMap((key) => ports.get(key)?.server.url ?? [])
  }
  get routes(): readonly RouteDescription[] {
    return this.#current?.routes ?? []
  }
  /** The number of the load that answers; 0 while none does. */
  get load(): number {
    return this.#current?.number ?? 0
  }
  /** Why the newest code does not answer. */
  get failure(): ErrorDescription | undefined {
    return this.#failure
  }

  #tell(section: DevSection): void {
    for (const listener of this.#listeners) listener(section)
  }

  readonly #listen: Listen = async (kernel, options, app) => {
    const load = (this.#loading ?? this.#current) as Load
    const ports = this.#ports as DevPorts
    const call = load.nextCall()
    const wanted = call === 0 ? { ...options, ...this.#flags() } : options
    const key = keyOf(wanted, load)
    const lane = new Lane(app, kernel, this.history.observer(load.number))
    load.lanes.set(key, lane)
    const { gateway, server } = await ports.open(key, wanted, call === 0 && this.#options.port === undefined)
    if (load === this.#current) gateway.serve(lane)
    load.boot.listened(app)
    return { port: server.port, host: server.host, url: server.url, stop: (graceMs) => lane.stop(graceMs) }
  }

  #flags(): Partial<ListenOptions> {
    const { port, host } = this.#options
    return { ...(port !== undefined && { port }), ...(host !== undefined && { host }) }
  }

  async #run(files: readonly string[]): Promise<void> {
    this.#isBusy = true
    this.#isAsked = false
    this.#pending.clear()
    const { modules, bootTimeoutMs, own } = this.#options
    const load = new Load(++this.#loads)
    const began = { atMs: performance.now(), files: files.map(own.shown) }
    this.#loading = load
    this.services.begin(load.number)
    try {
      await this.#manifests.renew()
      await load.run(modules, bootTimeoutMs)
      this.#commit(load, began)
    } catch (error) {
      await this.#fail(load, error, began)
    }
    this.#loading = undefined
    if (await this.#manifests.find(modules.files())) this.#isAsked = true
    this.#changes?.follow()
    this.#tell("app")
    this.#tell("services")
    this.#isBusy = false
    if (this.#isAsked) this.reload()
  }

  #commit(load: Load, began: { readonly atMs: number; readonly files: readonly string[] }): void {
    const previous = this.#current
    for (const [key, lane] of load.lanes) this.#ports?.get(key)?.gateway.serve(lane)
    const { changes, retire } = this.services.commit({ reopenAll: this.#reopenAll })
    this.#reopenAll = false
    this.#current = load
    this.#failure = undefined
    void this.#retire(previous, load, retire)
    const { files } = began
    const durationMs = performance.now() - began.atMs
    const [before, after] = [placesOf(previous?.routes ?? []), placesOf(load.routes)]
    const routes = load.routes.length
    this.history.loaded({ load: load.number, at: Date.now(), durationMs, files, routes, services: changes })
    this.#options.onEvent({
      type: "loaded",
      load: load.number,
      durationMs,
      files,
      urls: this.urls,
      routes,
      added: [...after.difference(before)],
      removed: [...before.difference(after)],
      services: changes,
    })
  }

  /** Lets the code before end what it has begun; then services end that only it had, and ports. */
  async #retire(previous: Load | undefined, load: Load, retire: () => Promise<void>): Promise<void> {
    const { graceMs } = this.#options
    try {
      await previous?.stop(graceMs)
    } catch (error) {
      this.history.failed(error)
    }
    await retire()
    if (load === this.#current) await this.#ports?.keep(new Set(load.lanes.keys()), graceMs)
    this.#tell("services")
  }

  async #fail(
    load: Load,
    error: unknown,
    began: { readonly atMs: number; readonly files: readonly string[] },
  ): Promise<void> {
    load.discard()
    await this.services.abandon()
    const { own, graceMs } = this.#options
    const described = describeError(error, own)
    const durationMs = performance.now() - began.atMs
    this.#failure = described
    if (this.#current !== undefined) await this.#ports?.keep(new Set(this.#current.lanes.keys()), graceMs)
    else await this.#openWaiting()
    const { files } = began
    this.history.loaded({ load: load.number, at: Date.now(), durationMs, files, error: described })
    const isServing = this.#current !== undefined
    const { urls } = this
    this.#options.onEvent({ type: "failed", load: load.number, durationMs, files, urls, error: described, isServing })
  }

  /** Nothing listens yet: the error is shown where the app would be. */
  async #openWaiting(): Promise<void> {
    const ports = this.#ports
    if (ports === undefined || ports.keys.length > 0) return
    const wanted = { ...DEFAULT_LISTEN, ...this.#flags() }
    try {
      await ports.open(keyOf(wanted, undefined), wanted, this.#options.port === undefined)
    } catch (error) {
      this.history.failed(error)
    }
  }
}

/** Ports are known by what was asked for; the second who asks for the same (a free one) gets another. */
function keyOf({ host, port }: Where, load: Load | undefined): string {
  const key = `${host}:${port}`
  for (let number = 1; ; number++) {
    const one = number === 1 ? key : `${key} (${number})`
    if (!load?.lanes.has(one)) return one
  }
}

function placesOf(routes: readonly RouteDescription[]): ReadonlySet<string> {
  return new Set(routes.map(({ method, host = "", path }) => `${method} ${host}${path}`))
}
