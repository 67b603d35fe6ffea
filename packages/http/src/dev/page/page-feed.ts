import type { EventStream } from "../../sse/events.ts"
import type { FailureEntry, RequestEntry } from "../history.ts"
import type { DevHost, DevSection } from "../host.ts"
import type { OwnCode } from "../own-code.ts"

/** What the page says about the process itself. */
export interface DevFacts {
  readonly name: string
  readonly entry: string
  readonly runtime: string
}

/** Changes that come close together are told together: a page draws them at once, and a flood of requests costs little. */
const GATHER_MS = 100
/** How often services are asked whether they are well, while somebody looks. */
const HEALTH_MS = 5_000
const HEALTH_TIMEOUT_MS = 2_000
/** How soon a page comes again when the process was started again. */
const RETRY_MS = 500

/** Tells every open page what there is, and then what changes. */
export class PageFeed {
  readonly #host: DevHost
  readonly #own: OwnCode
  readonly #facts: DevFacts
  readonly #streams = new Set<EventStream>()
  readonly #dirty = new Set<DevSection>()
  #gathering: ReturnType<typeof setTimeout> | undefined
  #checking: ReturnType<typeof setInterval> | undefined
  #unsubscribe: (() => void) | undefined
  #health: ReadonlyMap<string, string | undefined> = new Map()
  /** What was told already. */
  #told = { requests: 0, failures: 0 }

  constructor(host: DevHost, own: OwnCode, facts: DevFacts) {
    this.#host = host
    this.#own = own
    this.#facts = facts
  }

  /** Sends all there is, and goes on. @returns what ends it. */
  open(stream: EventStream): () => void {
    this.#tell() // to those before, so that all are told the same from here on
    if (this.#streams.size === 0) this.#begin()
    this.#streams.add(stream)
    stream.send({ event: "all", retry: RETRY_MS, data: this.snapshot() })
    return () => {
      this.#streams.delete(stream)
      if (this.#streams.size === 0) this.#end()
    }
  }

  /** All that the page shows. */
  snapshot(): Readonly<Record<string, unknown>> {
    const { requests, failures, loads } = this.#host.history
    return {
      app: this.#app(),
      routes: this.#routes(),
      services: this.#services(),
      requests: requests.items,
      failures: failures.items,
      loads: loads.items,
    }
  }

  #begin(): void {
    const { history } = this.#host
    this.#told = { requests: history.counts.requests, failures: history.counts.failures }
    this.#dirty.clear()
    this.#unsubscribe = this.#host.subscribe((section) => {
      this.#dirty.add(section)
      this.#gathering ??= setTimeout(() => this.#tell(), GATHER_MS)
    })
    this.#checking = setInterval(() => void this.#check(), HEALTH_MS)
    void this.#check()
  }

  #end(): void {
    this.#unsubscribe?.()
    clearTimeout(this.#gathering)
    clearInterval(this.#checking)
    this.#gathering = undefined
  }

  async #check(): Promise<void> {
    this.#health = await this.#host.services.health(HEALTH_TIMEOUT_MS)
    this.#send("services", this.#servicesNow())
  }

  #tell(): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    const { history } = this.#host
    const { counts } = history
    if (this.#dirty.has("app") || this.#dirty.has("loads"))
      this.#send("app", { app: this.#app(), routes: this.#routes(), loads: history.loads.items })
    if (this.#dirty.has("services")) this.#send("services", this.#servicesNow())
    if (this.#dirty.has("requests")) {
      const requests = newest<RequestEntry>(history.requests.items, this.#told.requests)
      this.#send("requests", { requests, count: counts.requests })
    }
    if (this.#dirty.has("failures")) {
      const failures = newest<FailureEntry>(history.failures.items, this.#told.failures)
      this.#send("failures", { failures, count: counts.failures })
    }
    this.#told = { ...counts }
    this.#dirty.clear()
  }

  #send(event: string, data: unknown): void {
    for (const stream of this.#streams) stream.send({ event, data })
  }

  #app(): object {
    const { urls, load, failure, history } = this.#host
    return {
      ...this.#facts,
      urls,
      load,
      ...(failure && { failure }),
      requests: history.counts.requests,
      failures: history.counts.failures,
      memoryBytes: process.memoryUsage.rss(),
    }
  }

  #routes(): readonly object[] {
    return this.#host.routes.map((route) => ({ ...route, declaredAt: this.#own.shown(route.declaredAt) }))
  }

  #servicesNow(): object {
    return { services: this.#services(), memoryBytes: process.memoryUsage.rss() }
  }

  #services(): readonly object[] {
    return this.#host.services.states().map((one) => ({
      ...one,
      ...(one.definedAt !== undefined && { definedAt: this.#own.shown(one.definedAt) }),
      ...(this.#health.has(one.name) && one.state === "open" && { health: this.#health.get(one.name) ?? "ok" }),
    }))
  }
}

function newest<T extends { readonly number: number }>(items: readonly T[], after: number): readonly T[] {
  return items.filter(({ number }) => number > after)
}
