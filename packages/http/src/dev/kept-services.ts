import {
  DeadlineExceeded,
  type Service,
  type ServiceDefinition,
  ServiceMisused,
  type Services,
  withDeadline,
} from "@ashlar/core"
import type { ContainerKeeper, ServiceKeeper } from "@ashlar/core/service-keeper"
import { definitionSite } from "./service-list.ts"

type Definition = ServiceDefinition<unknown>

/** An open service. It may outlive the code that opened it. */
interface Kept {
  readonly name: string
  readonly needs: Set<string>
  opened: Promise<unknown>
  readonly openedAt: number
  /** The load of the code that opened it. */
  readonly openedIn: number
  /** How it closes and is checked: always by the newest code that defines it the same way. */
  definition: Definition
  value: unknown
  /** In which order opening ended; undefined while it is under way. */
  order: number | undefined
  /** Settles when it is closed, where that is decided. */
  readonly gone: PromiseWithResolvers<void>
  isClosing: boolean
}

/** Services as one load of the code knows them. A key is the container's number, and the service's name. */
class Shelf {
  readonly load: number
  readonly kept = new Map<string, Kept>()
  readonly overrides = new Map<string, Definition>()
  readonly definitions = new Map<string, Definition[]>()
  containers = 0

  constructor(load: number) {
    this.load = load
  }
}

/** What became of the open services when new code took over. */
export interface ServiceChanges {
  readonly kept: readonly string[]
  /** Defined otherwise than before: closed, and opened again when they are asked for. */
  readonly reopened: readonly string[]
  /** Defined no longer. */
  readonly closed: readonly string[]
}

/** A service as the development page shows it. */
export interface ServiceState {
  readonly name: string
  readonly state: "idle" | "opening" | "open" | "failed"
  /** Where the code defines it. */
  readonly definedAt?: string
  /** Milliseconds since 1970. */
  readonly openedAt?: number
  /** The number of the load that opened it; smaller than the present one: it was kept. */
  readonly openedIn?: number
  readonly needs?: readonly string[]
  readonly error?: string
}

export interface KeptServicesOptions {
  /** Whether a file is loaded anew with the code; what other files define is there once. */
  readonly isReloaded: (file: string) => boolean
  /** Gets what closing throws. */
  readonly onError: (error: unknown) => void
}

/**
 * Keeps services open while the code around them is loaded anew. New code brings new tokens, so a service is known by its
 * name (and the place of its container); it stays open as long as it is defined the same way: `open`, `close` and
 * `health` read the same, and so for all that it needs. What those close over is not seen.
 */
export class KeptServices implements ServiceKeeper {
  readonly #options: KeptServicesOptions
  /** What installed packages define: they are loaded once. */
  readonly #installed = new Map<string, Definition[]>()
  readonly #sites = new Map<string, string>()
  readonly #failures = new Map<string, string>()
  /** Closed soon: who opens such a service again waits for that, for two cannot always be open at once. */
  readonly #leaving = new Map<string, Kept>()
  /** All that may hold services: of the code in charge, of code that loads, of replaced code that still answers. */
  readonly #live = new Set<Shelf>()
  #current = new Shelf(0)
  #loading: Shelf | undefined
  #order = 0

  constructor(options: KeptServicesOptions) {
    this.#options = options
    this.#live.add(this.#current)
  }

  defined(service: Service<unknown>): void {
    const site = definitionSite()
    const isReloaded = site === undefined || this.#options.isReloaded(site.replace(/:\d+$/, ""))
    const all = isReloaded ? (this.#loading ?? this.#current).definitions : this.#installed
    all.set(service.name, [...(all.get(service.name) ?? []), service])
    if (site !== undefined) this.#sites.set(service.name, site)
  }

  container(): ContainerKeeper {
    const shelf = this.#loading ?? this.#current
    const prefix = `${shelf.containers++}/`
    return {
      overridden: (name, definition) => void shelf.overrides.set(prefix + name, definition),
      open: ({ name }, definition, services) => this.#open(shelf, prefix, { name, definition, services }),
      close: (name) => this.#closeFor(shelf, prefix + name),
    }
  }

  /** New code begins to load: what it defines and opens is its own until it takes over. */
  begin(load: number): void {
    this.#loading = new Shelf(load)
    this.#live.add(this.#loading)
  }

  /** The new code failed: what it alone opened is closed. */
  async abandon(): Promise<void> {
    const shelf = this.#loading
    this.#loading = undefined
    if (shelf !== undefined) await this.#retire(shelf)
  }

  /**
   * The new code takes over. The services that it does not take are closed by `retire`, once the old code needs them no
   * more; until then the new code waits before it opens them again.
   */
  commit(options: { readonly reopenAll?: boolean } = {}): { changes: ServiceChanges; retire: () => Promise<void> } {
    const old = this.#current
    const next = this.#loading ?? new Shelf(old.load)
    this.#loading = undefined
    this.#current = next
    const stale = this.#staleIn(old, next, options.reopenAll === true)
    const names = (keys: Iterable<string>): string[] => [...keys].map(nameOf).sort()
    for (const [key, kept] of old.kept) if (!stale.has(key) && !next.kept.has(key)) next.kept.set(key, kept)
    const isDefined = (key: string): boolean => this.#definitionsOf(next, key).length > 0
    const changes = {
      kept: names([...old.kept.keys()].filter((key) => !stale.has(key))),
      reopened: names([...stale].filter(isDefined)),
      closed: names([...stale].filter((key) => !isDefined(key))),
    }
    for (const key of stale) this.#leaving.set(key, old.kept.get(key)!)
    return { changes, retire: () => this.#retire(old) }
  }

  /** Closes whatever is open, the last opened first. */
  async close(): Promise<void> {
    for (const shelf of this.#live) await this.#retire(shelf)
  }

  #staleIn(old: Shelf, next: Shelf, reopenAll: boolean): Set<string> {
    const stale = new Set<string>()
    for (const [key, kept] of old.kept) {
      if (next.kept.get(key) === kept) continue // the new code uses it already
      const same = this.#definitionsOf(next, key).find((one) => isSame(one, kept.definition))
      if (same === undefined || reopenAll || kept.isClosing) stale.add(key)
      else kept.definition = same
    }
    for (let size = -1; size !== stale.size; ) {
      size = stale.size
      for (const [key, { needs }] of old.kept)
        if (next.kept.get(key) !== old.kept.get(key) && [...needs].some((need) => stale.has(need))) stale.add(key)
    }
    return stale
  }

  #definitionsOf(shelf: Shelf, key: string): readonly Definition[] {
    const override = shelf.overrides.get(key)
    if (override !== undefined) return [override]
    const name = nameOf(key)
    return [...(shelf.definitions.get(name) ?? []), ...(this.#installed.get(name) ?? [])]
  }

  async #open(
    shelf: Shelf,
    prefix: string,
    asked: { name: string; definition: Definition; services: Services },
  ): Promise<unknown> {
    const { name, definition } = asked
    const key = prefix + name
    if (!this.#live.has(shelf)) throw new ServiceMisused(`"${name}" was asked for by code that was replaced.`)
    const known = shelf.kept.get(key) ?? (shelf === this.#loading ? this.#claimable(key) : undefined)
    if (known !== undefined && isSame(known.definition, definition)) {
      known.definition = definition
      shelf.kept.set(key, known)
      return known.opened
    }
    if (known !== undefined && shelf === this.#current) await this.#close(known)
    if (shelf === this.#current) await this.#leaving.get(key)?.gone.promise
    return this.#openNew(shelf, prefix, asked)
  }

  /** What the present code has open, for code that is still loading: if nothing it needs is known to be defined anew. */
  #claimable(key: string): Kept | undefined {
    const kept = this.#current.kept.get(key)
    const shelf = this.#loading
    if (kept === undefined || shelf === undefined || kept.isClosing) return undefined
    const isStale = (need: string): boolean => {
      const definitions = this.#definitionsOf(shelf, need)
      const held = this.#current.kept.get(need)
      return held === undefined || (definitions.length > 0 && !definitions.some((one) => isSame(one, held.definition)))
    }
    return [...kept.needs].some(isStale) ? undefined : kept
  }

  #openNew(
    shelf: Shelf,
    prefix: string,
    { name, definition, services }: { name: string; definition: Definition; services: Services },
  ): Promise<unknown> {
    const needs = new Set<string>()
    const asking: Services = {
      get: (other) => {
        needs.add(prefix + other.name)
        return services.get(other)
      },
    }
    const key = prefix + name
    const kept: Kept = {
      name,
      needs,
      opened: Promise.resolve(),
      openedAt: Date.now(),
      openedIn: shelf.load,
      definition,
      value: undefined,
      order: undefined,
      gone: Promise.withResolvers(),
      isClosing: false,
    }
    shelf.kept.set(key, kept)
    kept.opened = (async () => definition.open(asking))().then(
      (value) => {
        this.#failures.delete(name)
        kept.value = value
        kept.order = this.#order++
        return value
      },
      (error) => {
        for (const one of this.#live) if (one.kept.get(key) === kept) one.kept.delete(key)
        this.#failures.set(name, error instanceof Error ? error.message : String(error))
        throw error
      },
    )
    return kept.opened
  }

  /** A container closes. Only the code in charge closes services; of code that was replaced, `retire` decides. */
  async #closeFor(shelf: Shelf, key: string): Promise<void> {
    const kept = shelf.kept.get(key)
    if (kept === undefined || shelf !== this.#current) return
    shelf.kept.delete(key)
    await this.#close(kept)
  }

  /** Takes a shelf away, and closes what no other one holds, the last opened first. */
  async #retire(shelf: Shelf): Promise<void> {
    this.#live.delete(shelf)
    const held = new Set([...this.#live].flatMap((one) => [...one.kept.values()]))
    const leaving = [...shelf.kept].filter(([, kept]) => !held.has(kept))
    await Promise.allSettled(leaving.map(([, { opened }]) => opened))
    for (const [key, kept] of leaving.sort(([, a], [, b]) => (b.order ?? 0) - (a.order ?? 0))) {
      await this.#close(kept).catch(this.#options.onError)
      if (this.#leaving.get(key) === kept) this.#leaving.delete(key)
    }
    shelf.kept.clear()
  }

  async #close(kept: Kept): Promise<void> {
    if (kept.isClosing) return kept.gone.promise
    kept.isClosing = true
    try {
      if (kept.order !== undefined) await kept.definition.close?.(kept.value)
    } finally {
      kept.gone.resolve()
    }
  }

  /** All services that the code defines or that are open, by name. */
  states(): readonly ServiceState[] {
    const { kept, definitions, overrides } = this.#current
    const open = [...kept.values()].map((one): ServiceState => {
      const { name, openedAt, openedIn, order, needs } = one
      const site = this.#sites.get(name)
      return {
        name,
        state: order === undefined ? "opening" : "open",
        ...(site !== undefined && { definedAt: site }),
        openedAt,
        openedIn,
        needs: [...needs].map(nameOf),
      }
    })
    const known = new Set(open.map(({ name }) => name))
    const rest = new Set([...definitions.keys(), ...this.#installed.keys(), ...[...overrides.keys()].map(nameOf)])
    const idle = [...rest]
      .filter((name) => !known.has(name))
      .map((name): ServiceState => {
        const [site, error] = [this.#sites.get(name), this.#failures.get(name)]
        return {
          name,
          state: error === undefined ? "idle" : "failed",
          ...(site !== undefined && { definedAt: site }),
          ...(error !== undefined && { error }),
        }
      })
    return [...open, ...idle].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Asks all open services that have a check; the others are absent. `undefined`: it is well. */
  async health(timeoutMs: number): Promise<ReadonlyMap<string, string | undefined>> {
    const checked = [...this.#current.kept.values()].filter((one) => one.order !== undefined && one.definition.health)
    const results = checked.map(async ({ name, definition, value }) => {
      try {
        const late = () => new DeadlineExceeded(`No answer within ${timeoutMs} ms.`)
        await withDeadline((signal) => definition.health?.(value, signal), timeoutMs, late)
        return [name, undefined] as const
      } catch (error) {
        return [name, error instanceof Error ? error.message : String(error)] as const
      }
    })
    return new Map(await Promise.all(results))
  }
}

function nameOf(key: string): string {
  return key.slice(key.indexOf("/") + 1)
}

/** Code is compared as text: it is never read for what it means. */
function isSame(one: Definition, other: Definition): boolean {
  return one === other || textOf(one) === textOf(other)
}

function textOf({ open, close, health }: Definition): string {
  return [open, close, health].map((one) => String(one)).join("\n")
}
