import type { Service } from "@ashlar/core"
import type { ContainerKeeper, ServiceKeeper } from "@ashlar/core/service-keeper"
import { stackFrames } from "@ashlar/core/stack"

/** A service that code defines, whether it is ever opened or not. */
export interface DefinedService {
  readonly name: string
  /** `file:line` */
  readonly definedAt: string
}

/** Writes down which services are defined; opens and closes them as always. */
export class ServiceList implements ServiceKeeper {
  readonly #services: DefinedService[] = []

  defined({ name }: Service<unknown>): void {
    this.#services.push({ name, definedAt: definitionSite() ?? "unknown place" })
  }
  container(): ContainerKeeper {
    const closers = new Map<string, () => void | Promise<void>>()
    return {
      overridden: () => undefined,
      async open({ name }, definition, services) {
        const value = await definition.open(services)
        closers.set(name, () => definition.close?.(value))
        return value
      },
      close: (name) => closers.get(name)?.(),
    }
  }

  /** By name, then by place. */
  get services(): readonly DefinedService[] {
    return this.#services.toSorted((a, b) => (`${a.name} ${a.definedAt}` < `${b.name} ${b.definedAt}` ? -1 : 1))
  }
}

/** Where `defineService` or `token` was called, as `file:line`. */
export function definitionSite(): string | undefined {
  const holder: { stack?: string } = {}
  Error.captureStackTrace(holder)
  const frames = [...stackFrames((holder.stack ?? "").split("\n"))]
  const at = frames.findLastIndex(({ call }) => call === "defineService" || call === "token")
  const site = frames[at + 1]
  return at === -1 || site === undefined ? undefined : `${site.file}:${site.line}`
}
