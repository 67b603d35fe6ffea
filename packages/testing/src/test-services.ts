import { type Container, createContainer, type Service, type ServiceDefinition, type Services } from "@ashlar/core"

/** The services of an app under test: its own, but for those that the test replaces. The app's container is not touched. */
export class TestServices {
  readonly #base: Services
  readonly #replaced = new Map<Service<unknown>, ServiceDefinition<unknown>>()
  #current: Container | undefined

  constructor(base: Services) {
    this.#base = base
  }

  /** @returns takes the replacement back. */
  replace<T>(service: Service<T>, definition: ServiceDefinition<T>): () => void {
    const before = this.#replaced.get(service as Service<unknown>)
    this.#replaced.set(service as Service<unknown>, definition as ServiceDefinition<unknown>)
    return () => {
      if (before === undefined) this.#replaced.delete(service as Service<unknown>)
      else this.#replaced.set(service as Service<unknown>, before)
    }
  }

  /** What the app looks in: services that are open, until {@link close}. */
  open(): Services {
    const own = isContainer(this.#base) ? this.#base.fork() : createContainer()
    for (const [service, definition] of this.#replaced) own.override(service, definition)
    this.#current = own
    if (isContainer(this.#base)) return own
    // Services of another make know nothing of forks: those that are not replaced are theirs.
    const isOwn = (service: unknown): boolean => this.#replaced.has(service as Service<unknown>)
    return { get: (service) => (isOwn(service) ? own : this.#base).get(service) }
  }

  async close(): Promise<void> {
    await this.#current?.close()
    this.#current = undefined
  }
}

function isContainer(services: Services): services is Container {
  return typeof (services as Partial<Container>).fork === "function"
}
