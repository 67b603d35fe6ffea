import type { RouteRecord, ScopedScheme, Security, SecurityScheme } from "@ashlar/http"
import { SecurityConflict } from "../errors.ts"
import { type Json, stable } from "../json.ts"

/** One way to be let in: all the schemes that it takes, by name, each with the scopes that it takes. */
export type Requirement = Readonly<Record<string, readonly string[]>>

/** The security schemes of a document, gathered from the layers of its routes. */
export class SecuritySchemes {
  readonly #schemes: Map<string, unknown>

  constructor(given: Readonly<Record<string, unknown>> = {}) {
    this.#schemes = new Map(Object.entries(given))
  }

  /**
   * The ways into a route: one scheme of each layer that asks for any, with the scopes of all. Empty: it asks nobody.
   * @throws {OPENAPI_SECURITY_CONFLICT}
   */
  requirementsOf(record: RouteRecord): readonly Requirement[] {
    let ways: readonly Requirement[] = [{}]
    for (const { security, conditional } of record.layers) {
      // A layer that runs for some requests only lets the others pass without it.
      const choices = [...this.#choices(security ?? conditional?.security), ...(security === undefined ? [{}] : [])]
      ways = ways.flatMap((way) => choices.map((choice) => both(way, choice)))
    }
    const distinct = [...new Map(ways.map((way) => [stable(way), way])).values()]
    const each = distinct.filter((way) => !distinct.some((other) => other !== way && isLess(other, way)))
    return each.length === 1 && Object.keys(each[0]!).length === 0 ? [] : each
  }

  #choices(security: Security = {}): readonly Requirement[] {
    return Object.entries(security).map(([name, asked]) => {
      if ("type" in asked && asked.type === "none") return {}
      const { scheme, scopes } =
        "scopes" in asked ? (asked as ScopedScheme) : { scheme: asked as SecurityScheme, scopes: [] }
      checkScopes(name, scheme, scopes)
      const known = this.#schemes.get(name)
      if (known !== undefined && stable(known) !== stable(scheme))
        throw new SecurityConflict(`Two layers describe the security scheme "${name}", each in another way`)
      this.#schemes.set(name, scheme)
      return { [name]: [...scopes].sort() }
    })
  }

  get schemes(): Json | undefined {
    if (this.#schemes.size === 0) return undefined
    return Object.fromEntries([...this.#schemes].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/** Both at once: of one scheme the scopes of both. */
function both(way: Requirement, other: Requirement): Requirement {
  const all: Record<string, readonly string[]> = { ...way }
  for (const [name, scopes] of Object.entries(other))
    all[name] = [...new Set([...(Object.hasOwn(all, name) ? all[name]! : []), ...scopes])].sort()
  return all
}

/** Whether who has this way in asks for less than the other does, which nobody needs then. To ask for nothing is told apart. */
function isLess(way: Requirement, other: Requirement): boolean {
  const names = Object.keys(way)
  const isWithin = ([name, scopes]: readonly [string, readonly string[]]): boolean =>
    Object.hasOwn(other, name) && scopes.every((scope) => other[name]!.includes(scope))
  return names.length > 0 && Object.entries(way).every(isWithin)
}

/** @throws {OPENAPI_SECURITY_CONFLICT} for a scope that no flow of its scheme has. */
function checkScopes(name: string, scheme: SecurityScheme, scopes: readonly string[]): void {
  if (scheme.type !== "oauth2") return
  const known = new Set(Object.values(scheme.flows).flatMap((flow) => Object.keys(flow.scopes)))
  const odd = scopes.find((scope) => !known.has(scope))
  if (odd === undefined) return
  const list = [...known].join(", ") || "none"
  throw new SecurityConflict(
    `A layer asks for the scope "${odd}" of "${name}", whose flows have: ${list}. Add it to one of them.`,
  )
}
