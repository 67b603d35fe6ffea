import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { toFile } from "@ashlar/core/stack"
import { DevModuleGone } from "../errors.ts"
import type { Modules } from "./modules.ts"
import type { OwnCode } from "./own-code.ts"

/** How long modules may take that run only to be let go of: one may wait for ever. */
const PATIENCE_MS = 1_000

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

  async load(): Promise<Readonly<Record<string, unknown>>> {
    for (const file of this.files()) {
      delete this.#cache[file]
      if (file !== this.#entry && !existsSync(file)) this.#files.delete(file)
    }
    try {
      return (await import(this.#entry)) as Readonly<Record<string, unknown>>
    } catch (error) {
      this.#findLinked()
      if (isUnlinked(error)) await this.#evaluateRest()
      throw this.#missing(error) ?? error
    }
  }

  files(): ReadonlySet<string> {
    for (const one of this.#imports) {
      const [importer = "", specifier = ""] = one.split("\n")
      this.#add(resolve(toFile(specifier), importer))
    }
    this.#imports.clear()
    // Plugins are not told of packages by their names; those that are linked here are the developer's own.
    for (const file of Object.keys(this.#cache)) this.#add(file)
    return this.#files
  }

  /**
   * An import of a name that its module does not export ends a load before anything runs, and Bun lets go of modules only
   * that ran or failed by themselves: the next load would fail on what was read in this one, whatever was mended. So the
   * rest runs now, each for itself.
   */
  async #evaluateRest(): Promise<void> {
    const rest = [...this.files()].filter((file) => !(file in this.#cache))
    const all = Promise.allSettled(rest.map((file) => import(file)))
    await Promise.race([all, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref())])
  }

  /** What Bun says of a module that was there and is gone names nobody who imports it: the code is read for that. */
  #missing(error: unknown): Error | undefined {
    const [, gone] = /^ENOENT reading "(.+)"$/.exec((error as Partial<Error> | undefined)?.message ?? "") ?? []
    if (gone === undefined) return undefined
    const [scanner, names] = [new Bun.Transpiler({ loader: "tsx" }), [gone, gone.replace(/\.\w+$/, "")]]
    for (const file of this.files())
      for (const specifier of importsOf(file, scanner))
        if (specifier.startsWith(".") && names.includes(join(dirname(file), specifier)))
          return new DevModuleGone(`Cannot find module '${specifier}' imported from '${file}'`)
    return undefined
  }

  #add(file: string | undefined): void {
    if (file !== undefined && this.#own.has(file)) this.#files.add(file)
  }

  /** After a failure: a linked package that is part of it is neither told nor listed, so the code is read for its imports. */
  #findLinked(): void {
    const scanner = new Bun.Transpiler({ loader: "tsx" })
    // A set grows while it is gone through.
    for (const file of this.files())
      for (const specifier of importsOf(file, scanner)) this.#add(resolve(specifier, file))
  }
}

/** Code that cannot be read at all is a `BuildMessage`. */
function isUnlinked(error: unknown): boolean {
  return error instanceof SyntaxError
}

function importsOf(file: string, scanner: Bun.Transpiler): readonly string[] {
  try {
    return scanner.scanImports(readFileSync(file, "utf8")).map(({ path }) => path)
  } catch {
    return [] // it is what failed, or no source
  }
}

function resolve(specifier: string, importer: string): string | undefined {
  try {
    return Bun.resolveSync(specifier, dirname(importer))
  } catch {
    return undefined // it leads nowhere, as whoever imports it was told
  }
}
