import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname } from "node:path"
import type { Modules } from "./modules.ts"
import type { OwnCode } from "./own-code.ts"
import { toFile } from "./stack.ts"

/**
 * Bun keeps its modules in a table that programs may take them out of: the next import reads the file again, and nothing
 * of the old module stays behind but what still uses it. Failed modules are in the table too, though it does not list
 * them; so every import is written down.
 */
export class BunModules implements Modules {
  readonly #entry: string
  readonly #own: OwnCode
  readonly #files: Set<string>
  /** Imports that were seen and not yet looked up: `importer\nspecifier`. */
  readonly #imports = new Set<string>()
  readonly #cache = createRequire(import.meta.url).cache

  constructor(entry: string, own: OwnCode) {
    this.#entry = entry
    this.#own = own
    this.#files = new Set([entry])
    const imports = this.#imports
    Bun.plugin({
      name: "what the app imports",
      setup(build) {
        build.onResolve({ filter: /^[^:]*$|^file:/ }, ({ path, importer }) => {
          // Looking it up in here would keep memory for ever.
          imports.add(`${importer}\n${path}`)
          return undefined
        })
      },
    })
  }

  load(): Promise<Readonly<Record<string, unknown>>> {
    for (const file of this.files()) {
      delete this.#cache[file]
      if (file !== this.#entry && !existsSync(file)) this.#files.delete(file)
    }
    return import(this.#entry) as Promise<Readonly<Record<string, unknown>>>
  }

  files(): ReadonlySet<string> {
    for (const one of this.#imports) {
      const [importer = "", specifier = ""] = one.split("\n")
      const file = resolve(toFile(specifier), importer)
      if (file !== undefined && this.#own.has(file)) this.#files.add(file)
    }
    this.#imports.clear()
    return this.#files
  }
}

function resolve(specifier: string, importer: string): string | undefined {
  try {
    return Bun.resolveSync(specifier, dirname(importer))
  } catch {
    return undefined // it leads nowhere, as whoever imports it was told
  }
}
