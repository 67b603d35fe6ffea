import { AshlarError } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { Path } from "../../path.ts"
import type { Rules } from "../../rules.ts"
import { type Definition, loadCollection } from "./catalogue.ts"

/** One for each file, whichever store asks. */
const rulebooks = new WeakMap<SqliteFile, Rulebook>()

export function rulebookOf(file: SqliteFile): Rulebook {
  const known = rulebooks.get(file)
  if (known) return known
  const rulebook = new Rulebook(file)
  rulebooks.set(file, rulebook)
  return rulebook
}

/**
 * The rules of a file's collections in memory, for every request asks for them. What changes a collection goes through `changing`:
 * what is kept is dropped before the change is acknowledged, and a read after that sees the change.
 */
export class Rulebook {
  readonly #file: SqliteFile
  readonly #known: Map<string, Definition> = new Map()
  /** Collections with a change that may still arrive. They are read each time. */
  readonly #unsettled: Set<string> = new Set()

  constructor(file: SqliteFile) {
    this.#file = file
  }

  /** @throws {DOCUMENTS_COLLECTION_NOT_FOUND} */
  rulesOf(collection: string): Rules {
    return this.#definitionOf(collection).rules
  }
  /** @throws {DOCUMENTS_COLLECTION_NOT_FOUND} */
  encryptedOf(collection: string): readonly Path[] {
    return this.#definitionOf(collection).encrypted ?? []
  }

  #definitionOf(collection: string): Definition {
    const known = this.#known.get(collection)
    if (known) return known
    const definition = loadCollection(this.#file, collection)
    if (!this.#unsettled.has(collection)) this.#known.set(collection, definition)
    return definition
  }

  async changing<T>(collection: string, change: () => Promise<T>): Promise<T> {
    try {
      return await change()
    } catch (error) {
      if (error instanceof AshlarError && error.code === "SQLITE_OUTCOME_UNKNOWN") this.#unsettled.add(collection)
      throw error
    } finally {
      this.#known.delete(collection)
    }
  }
}
