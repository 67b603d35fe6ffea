import type { RouteRecord, Security } from "@ashlar/http"
import { SecurityConflict } from "../errors.ts"
import { type Json, stable } from "../json.ts"

/** One way to be let in: all the schemes that it takes, by name. */
export type Requirement = Readonly<Record<string, readonly string[]>>

/** The security schemes of a document, gathered from the layers of its routes. */
export class SecuritySchemes {
  readonly #schemes: Map<string, unknown>

  constructor(given: Readonly<Record<string, unknown>> = {}) {
    this.#schemes = new Map(Object.entries(given))
  }

  /**
   * The ways into a route: one scheme of each layer that asks for any. Empty: it asks nobody.
   * @throws {OPENAPI_SECURITY_CONFLICT}
   */
  requirementsOf(record: RouteRecord): readonly Requirement[] {
    let ways: readonly Requirement[] = [{}]
    for (const { security, conditional } of record.layers) {
      // A layer that runs for some requests only lets the others pass without it.
      const choices = [...this.#choices(security ?? conditional?.security), ...(security === undefined ? [{}] : [])]
      ways = ways.flatMap((way) => choices.map((choice) => ({ ...way, ...choice })))
    }
    const each = [...new Map(ways.map((way) => [stable(way), way])).values()]
    return each.length === 1 && Object.keys(each[0]!).length === 0 ? [] : each
  }

  #choices(security: Security = {}): readonly Requirement[] {
    return Object.entries(security).map(([name, scheme]) => {
      if (scheme.type === "none") return {}
      const known = this.#schemes.get(name)
      if (known !== undefined && stable(known) !== stable(scheme))
        throw new SecurityConflict(`Two layers describe the security scheme "${name}", each in another way`)
      this.#schemes.set(name, scheme)
      return { [name]: [] }
    })
  }

  get schemes(): Json | undefined {
    if (this.#schemes.size === 0) return undefined
    return Object.fromEntries([...this.#schemes].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}
