import * as module from "node:module"
import { pathToFileURL } from "node:url"
import { toFile } from "@ashlar/core/stack"
import { DevUnsupported } from "../errors.ts"
import type { Modules } from "./modules.ts"
import type { OwnCode } from "./own-code.ts"

/** The part of `node:module` that is used here; Node has it since 22.15 and 23.5. */
interface Hooks {
  readonly registerHooks?: (hooks: {
    resolve(specifier: string, context: object, next: NextResolve): Resolved
  }) => unknown
}
type NextResolve = (specifier: string, context: object) => Resolved
interface Resolved {
  readonly url: string
}

/**
 * Node never forgets a module, so each load gives the developer's modules new names, with the number of the load in the
 * query. Old modules stay in memory: a process that was loaded many times should be started again.
 */
export class NodeModules implements Modules {
  readonly #entry: string
  readonly #files: Set<string>
  #load = 0

  /** @throws {HTTP_DEV_UNSUPPORTED} */
  constructor(entry: string, own: OwnCode, { registerHooks }: Hooks = module as Hooks) {
    if (registerHooks === undefined)
      throw new DevUnsupported("This Node cannot load code anew. Use Node 22.15 or later, or Bun.")
    this.#entry = entry
    this.#files = new Set([entry])
    registerHooks({
      resolve: (specifier, context, next) => {
        const found = next(specifier, context)
        const file = found.url.startsWith("file:") ? toFile(found.url) : ""
        if (!own.has(file)) return found
        this.#files.add(file)
        return { ...found, url: `${found.url.replace(/\?.*$/s, "")}?ashlar=${this.#load}` }
      },
    })
  }

  load(): Promise<Readonly<Record<string, unknown>>> {
    this.#load++
    return import(`${pathToFileURL(this.#entry).href}?ashlar=${this.#load}`)
  }

  files(): ReadonlySet<string> {
    return this.#files
  }
}
