import type { BaseContext } from "@ashlar/http"
import { Refusal } from "./refusal.ts"

/** The largest body that an endpoint reads. */
export const MAX_FORM_BYTES: number = 64 * 1024
const MAX_PARAMETERS = 64
const MAX_VALUE = 8_192
const MAX_SCOPES = 2_048
/** All of a query: longer URLs are cut somewhere anyway. */
const MAX_QUERY = 16_384
/** Those that may be said more than once. */
const LISTS: ReadonlySet<string> = new Set(["resource", "audience"])
/** What no parameter may hold: a line break in a header or a log, the end of a text in another language. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/

/** The parameters of a request: each once, but for lists; one without a value counts as left out (RFC 6749, section 3.1). */
export class Parameters {
  readonly #values: ReadonlyMap<string, readonly string[]>

  /** @throws {OAUTH_REFUSED} `invalid_request` */
  constructor(record: Readonly<Record<string, string | readonly string[]>>) {
    const values = new Map<string, readonly string[]>()
    const names = Object.keys(record)
    if (names.length > MAX_PARAMETERS)
      throw new Refusal("invalid_request", `Expected at most ${MAX_PARAMETERS} parameters.`)
    for (const name of names) {
      const value = record[name]!
      const all = typeof value === "string" ? [value] : value
      if (all.length > 1 && (!LISTS.has(name) || all.length > 10))
        throw new Refusal("invalid_request", "A parameter is there more than once.")
      if (all.some((one) => one.length > MAX_VALUE || CONTROL.test(one) || !one.isWellFormed()))
        throw new Refusal("invalid_request", "A parameter is too long, or holds control characters.")
      const present = all.filter((one) => one !== "")
      if (present.length > 0) values.set(name, present)
    }
    this.#values = values
  }

  get(name: string): string | undefined {
    return this.#values.get(name)?.[0]
  }
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }
  /** @throws {OAUTH_REFUSED} `invalid_request` */
  require(name: string): string {
    const value = this.get(name)
    if (value === undefined) throw new Refusal("invalid_request", `The parameter ${name} is missing.`)
    return value
  }
  has(name: string): boolean {
    return this.#values.has(name)
  }
  toRecord(): Record<string, string | readonly string[]> {
    return Object.fromEntries([...this.#values].map(([name, all]) => [name, all.length === 1 ? all[0]! : all]))
  }
}

export function queryOf(ctx: BaseContext): Parameters {
  const { search } = ctx.url
  if (search.length > MAX_QUERY) throw new Refusal("invalid_request", "The query is too long.")
  return new Parameters(ctx.query as Readonly<Record<string, string | readonly string[]>>)
}

/** @throws {OAUTH_REFUSED} `invalid_request` where the body is no form. */
export async function formOf(ctx: BaseContext): Promise<Parameters> {
  const type = ctx.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase()
  if (type !== "application/x-www-form-urlencoded")
    throw new Refusal("invalid_request", "Expected a body of application/x-www-form-urlencoded.")
  if (ctx.url.search.length > 1)
    throw new Refusal("invalid_request", "Expected parameters in the body only, never in the URL.")
  return new Parameters(await ctx.read("form"))
}

/** Scopes as RFC 6749, section 3.3 writes them: each once, in the order they came. @throws {OAUTH_REFUSED} `invalid_scope` */
export function parseScopes(text: string | undefined): readonly string[] {
  if (text === undefined) return []
  if (text.length > MAX_SCOPES) throw new Refusal("invalid_scope", "The scopes are too long together.")
  const scopes = [...new Set(text.split(" ").filter((scope) => scope !== ""))]
  if (scopes.length > 100 || scopes.some((scope) => !isScope(scope)))
    throw new Refusal("invalid_scope", "Expected scopes of printable ASCII characters, separated by spaces.")
  return scopes
}
export function isScope(text: string): boolean {
  return text.length <= 200 && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text)
}
