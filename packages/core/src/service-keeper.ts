import type { Service, ServiceDefinition, Services } from "./services.ts"

/**
 * Stands between containers and services in development, where the code around open services is replaced: it sees what
 * is defined, and may give a value that is open already. Nothing sets one in production.
 */
export interface ServiceKeeper {
  /** A service was defined; the caller of `defineService` is on the stack. */
  defined(service: Service<unknown>): void
  /** A container was made. */
  container(): ContainerKeeper
}

/** The keeper's side of one container. */
export interface ContainerKeeper {
  /** The container opens a service of this name in this way from now on. */
  overridden(name: string, definition: ServiceDefinition<unknown>): void
  /** Opens a service, or gives the value that it has kept; `services` is what `definition.open` may ask. */
  open(service: Service<unknown>, definition: ServiceDefinition<unknown>, services: Services): unknown
  /** The container closes; what is kept for another stays open. */
  close(name: string): void | Promise<void>
}

let current: ServiceKeeper | undefined

/**
 * Puts a keeper in place for all services and containers that are made from now on in this process, or takes it away.
 * For development tools.
 */
export function keepServices(keeper: ServiceKeeper | undefined): void {
  current = keeper
}

export function serviceKeeper(): ServiceKeeper | undefined {
  return current
}
