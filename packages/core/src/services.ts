import { withDeadline } from "./deadline.ts"
import {
  type AshlarError,
  DeadlineExceeded,
  ServiceCloseFailed,
  ServiceCycle,
  ServiceMissing,
  ServiceMisused,
} from "./errors.ts"
import { checkHealth, type HealthOptions, type ServiceHealth } from "./health.ts"
import { serviceKeeper } from "./service-keeper.ts"

/** How a service lives. */
export interface ServiceDefinition<T> {
  /**
   * Makes the value, at most once at a time. Other services are asked for through `services`: that is how the container
   * knows the order. A failed open leaves nothing behind in the container, and the next `get` tries again.
   */
  open(services: Services): T | Promise<T>
  /**
   * Takes no new work and waits for what is under way: a worker finishes its job, a consumer leaves its topic. All open
   * services drain at the same time, while the app's last requests end; `close` comes after.
   *
   * @param signal Aborts when the grace is over.
   */
  drain?(value: T, signal: AbortSignal): void | Promise<void>
  /** Gives back what `open` took. Called once, after everything that was opened later has been closed. */
  close?(value: T): void | Promise<void>
  /**
   * Answers when the service can do its work, and throws when it cannot. An `AshlarError`'s message is shown to whoever
   * reads the health endpoint; of any other error only that there was one.
   *
   * @param signal Aborts when the check's time is over.
   */
  health?(value: T, signal: AbortSignal): void | Promise<void>
}

/** A service is its own token: import the value, and ask a container for it. */
export interface Service<T> extends ServiceDefinition<T> {
  /** For messages and for health checks. Unique within a container. */
  readonly name: string
}

/** What a service may ask of the container while it opens. */
export interface Services {
  /**
   * The service's value, opened first if it is not yet open. Concurrent calls share one open.
   *
   * @throws {CORE_SERVICE_CYCLE} when the service would wait for itself.
   * @throws {CORE_SERVICE_MISSING} for a {@link token} that nothing was provided for.
   * @throws {CORE_SERVICE_MISUSED} after `close`, or when another service with the same name is known here.
   * @throws whatever the service's `open` throws.
   */
  get<T>(service: Service<T>): Promise<T>
}

/** A service that did not end well. */
export interface ServiceFailure {
  readonly service: string
  readonly error: unknown
}

/** Opens services when they are first asked for, and closes them in reverse order. */
export interface Container extends Services {
  /**
   * Says how a service is opened here, in place of its own definition: the value behind a {@link token}, or a test's fake.
   * A missing `close` or `health` means none, not the original's.
   *
   * @throws {CORE_SERVICE_MISUSED} once the service was asked for.
   */
  override<T>(service: Service<T>, definition: ServiceDefinition<T>): void
  /**
   * Another container, with nothing open, that opens services as this one was told to by now. Neither sees what the other
   * opens, closes or overrides later: a test forks the app's container, and leaves it as it was.
   */
  fork(): Container
  /** Checks all open services that have a `health`, at the same time. Never rejects. */
  health(options?: HealthOptions): Promise<Readonly<Record<string, ServiceHealth>>>
  /**
   * Lets all open services that have a `drain` end what they have begun, at the same time. Never rejects.
   *
   * @returns what threw, or was not done within `graceMs`.
   */
  drain(graceMs: number): Promise<readonly ServiceFailure[]>
  /**
   * Closes all that is open, the last opened first; an open still under way is awaited and then closed too. Every service
   * is closed even if another's `close` throws. Later calls share the first one's promise.
   *
   * @param options.timeoutMs How long one service may take before the next is closed. Default: as long as it takes.
   * @throws {CORE_SERVICE_CLOSE_FAILED} after all were tried.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}

/**
 * Defines a service.
 *
 * @example
 * export const Database = defineService({
 *   name: "database",
 *   open: async (services) => openDatabase((await services.get(Config)).databaseUrl),
 *   close: (database) => database.close(),
 * })
 * const database = await container.get(Database)
 */
export function defineService<T>(service: Service<T>): Service<T> {
  const defined = Object.freeze({ ...service })
  serviceKeeper()?.defined(defined as Service<unknown>)
  return defined
}

/** A service whose making is decided elsewhere: a port. {@link Container.override} says what is behind it. */
export function token<T>(name: string): Service<T> {
  return defineService<T>({
    name,
    open() {
      throw new ServiceMissing(
        `Nothing is provided for "${name}". Call container.override(…, { open }) before it is used.`,
      )
    },
  })
}

interface Opening {
  readonly service: Service<unknown>
  readonly value: Promise<unknown>
  /** What this one's `open` is waiting for just now. */
  readonly waitsFor: Set<Opening>
  done: boolean
}

interface Opened {
  readonly name: string
  readonly definition: ServiceDefinition<unknown>
  readonly value: unknown
}

/** Makes an empty container. Nothing is opened until it is asked for. */
export function createContainer(): Container {
  return containerWith(new Map())
}

function containerWith(overrides: Map<unknown, ServiceDefinition<unknown>>): Container {
  const names = new Map<string, unknown>()
  const openings = new Map<unknown, Opening>()
  /** In the order in which opening ended: what a service asked for comes before it. */
  const opened: Opened[] = []
  const keeper = serviceKeeper()?.container()
  let closing: Promise<void> | undefined

  function request(service: Service<unknown>, asker: Opening | undefined): Opening {
    if (closing && (!asker || asker.done))
      throw new ServiceMisused(`"${service.name}" was asked for after the container was closed.`)
    const known = openings.get(service)
    if (known) {
      const circle = asker && !asker.done && pathTo(known, asker)
      if (circle)
        throw new ServiceCycle(`Services wait for each other: ${[asker, ...circle].map(nameOf).join(" -> ")}.`)
      asker?.waitsFor.add(known)
      return known
    }
    if ((names.get(service.name) ?? service) !== service)
      throw new ServiceMisused(`Two services are named "${service.name}". Give one of them another name.`)
    names.set(service.name, service)
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const opening: Opening = { service, value: promise, waitsFor: new Set(), done: false }
    openings.set(service, opening)
    asker?.waitsFor.add(opening)
    open(opening).then(resolve, (error) => {
      openings.delete(service)
      reject(error)
    })
    return opening
  }

  async function open(opening: Opening): Promise<unknown> {
    const definition = overrides.get(opening.service) ?? opening.service
    try {
      const services: Services = { get: (service) => get(service, opening) }
      const value = await (keeper === undefined
        ? definition.open(services)
        : keeper.open(opening.service, definition, services))
      opened.push({ name: opening.service.name, definition, value })
      return value
    } finally {
      opening.done = true
    }
  }

  async function get<T>(service: Service<T>, asker?: Opening): Promise<T> {
    const opening = request(service as Service<unknown>, asker)
    try {
      return (await opening.value) as T
    } finally {
      asker?.waitsFor.delete(opening)
    }
  }

  async function closeAll(timeoutMs: number | undefined): Promise<void> {
    await Promise.allSettled([...openings.values()].map((opening) => opening.value))
    const close = ({ definition, value, name }: Opened) =>
      keeper === undefined ? definition.close?.(value) : keeper.close(name)
    const failures = await closeInTurn(opened.reverse(), close, timeoutMs)
    opened.length = 0
    if (failures.length > 0) throw closeFailed(failures)
  }

  return {
    get: (service) => get(service),
    override(service, definition) {
      if (openings.has(service))
        throw new ServiceMisused(
          `"${service.name}" is already in use. Override a service before it is first asked for.`,
        )
      overrides.set(service, definition as ServiceDefinition<unknown>)
      keeper?.overridden(service.name, definition as ServiceDefinition<unknown>)
    },
    fork: () => containerWith(new Map(overrides)),
    health: (options = {}) => healthOf(opened, options),
    // What a keeper has kept goes on to work for the code that comes next.
    drain: (graceMs) => drainAll(keeper === undefined ? opened : [], graceMs),
    close({ timeoutMs } = {}) {
      closing ??= closeAll(timeoutMs)
      return closing
    },
  }
}

function closeFailed(failures: readonly ServiceFailure[]): AshlarError {
  const services = failures.map(({ service }) => service)
  return new ServiceCloseFailed(`These services failed to close: ${services.join(", ")}. All others were closed.`, {
    details: { services },
    cause: new AggregateError(failures.map(({ error }) => error)),
  })
}

function nameOf(opening: Opening): string {
  return opening.service.name
}

/** The chain of waiting that leads from one opening to another, both included, if there is one. An open service waits for nothing. */
function pathTo(from: Opening, to: Opening): Opening[] | undefined {
  if (from === to) return [to]
  if (from.done) return undefined
  for (const next of from.waitsFor) {
    const rest = pathTo(next, to)
    if (rest) return [from, ...rest]
  }
  return undefined
}

async function healthOf(
  services: readonly Opened[],
  options: HealthOptions,
): Promise<Readonly<Record<string, ServiceHealth>>> {
  const checks = services.filter(({ definition }) => definition.health)
  const results = checks.map(async ({ name, definition, value }) => {
    return [name, await checkHealth(name, (signal) => definition.health?.(value, signal), options)] as const
  })
  return Object.fromEntries(await Promise.all(results))
}

async function drainAll(services: readonly Opened[], graceMs: number): Promise<readonly ServiceFailure[]> {
  const drains = services.filter(({ definition }) => definition.drain)
  const results = await Promise.all(drains.map((one) => drainOne(one, graceMs)))
  return results.filter((result) => result !== undefined)
}

async function drainOne({ definition, value, name }: Opened, graceMs: number): Promise<ServiceFailure | undefined> {
  const late = () =>
    new DeadlineExceeded(`"${name}" still had work under way ${graceMs} ms after the stop began (graceMs).`)
  try {
    await withDeadline((signal) => definition.drain?.(value, signal), graceMs, late)
    return undefined
  } catch (error) {
    return { service: name, error }
  }
}

/** Every one is closed, whatever happens to the one before. */
async function closeInTurn(
  services: readonly Opened[],
  close: (service: Opened) => unknown,
  timeoutMs: number | undefined,
): Promise<readonly ServiceFailure[]> {
  const failures: ServiceFailure[] = []
  for (const service of services) {
    const { name } = service
    const late = () => new DeadlineExceeded(`"${name}" took longer than ${timeoutMs} ms to close.`)
    try {
      await (timeoutMs === undefined ? close(service) : withDeadline(() => close(service), timeoutMs, late))
    } catch (error) {
      failures.push({ service: name, error })
    }
  }
  return failures
}
