import type { JsonObject } from "./json-copy.ts"
import type { Resource } from "./resources.ts"

/**
 * What `$dynamicRef` finds: of each dynamic anchor, the schema in the outermost resource that was entered on the way. It is
 * known before any value is, so each schema is made a part once for each scope that it is reached in.
 */
export class Scope {
  /** The same for scopes that find the same. */
  readonly key: string
  readonly #found: ReadonlyMap<string, JsonObject>

  private constructor(found: ReadonlyMap<string, JsonObject>, key: string) {
    this.#found = found
    this.key = key
  }

  static readonly EMPTY: Scope = new Scope(new Map(), "")

  enter({ uri, dynamicAnchors }: Resource): Scope {
    const names = [...dynamicAnchors.keys()].filter((name) => !this.#found.has(name))
    if (names.length === 0) return this
    const found = new Map([...this.#found, ...names.map((name) => [name, dynamicAnchors.get(name)!] as const)])
    const added = names.map((name) => `${name} ${uri}`)
    return new Scope(found, [...(this.key === "" ? [] : this.key.split("\n")), ...added].toSorted().join("\n"))
  }

  find(name: string): JsonObject | undefined {
    return this.#found.get(name)
  }
}
