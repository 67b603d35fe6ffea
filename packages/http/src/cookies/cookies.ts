import type { BaseContext } from "../context/context.ts"
import type { RequestContext } from "../context/request-context.ts"
import { CookieKeysInvalid } from "../errors.ts"
import { type Layer, layer } from "../layer.ts"
import { findCookie, parseCookies } from "./cookie-header.ts"
import { CookieKeys } from "./cookie-keys.ts"
import {
  type CookieAttributes,
  checkCookieName,
  encodeCookieValue,
  formatAttributes,
  formatSetCookie,
} from "./set-cookie.ts"

export interface CookiesOptions extends CookieAttributes {
  /**
   * Stands before every name, on the wire only. With `__Host-` browsers hold a cookie to one host, TLS and the path `/`,
   * so that no subdomain can plant one. Default `__Host-`.
   */
  readonly prefix?: "__Host-" | "__Secure-" | ""
  /**
   * The keys of signed cookies, the newest first, 32 bytes or more each, at most 8. To rotate, put a new one in front; a
   * cookie that an older key signed is signed anew when it is read. Take a key away when no cookie of it lives any more.
   */
  readonly keys?: readonly (string | Uint8Array)[]
}

/** The cookies of one request and its answer. */
export interface Cookies {
  /** The value the caller sent, or that was set in this request. */
  get(name: string): string | undefined
  /** All that the caller sent, by their names on the wire, in a record without a prototype. */
  all(): Readonly<Record<string, string>>
  /**
   * Sets a cookie, in place of an earlier one of this name. Any text is a value: what a cookie cannot carry is escaped.
   * @throws {HTTP_COOKIE_INVALID} @throws {HTTP_COOKIE_TOO_LARGE} when name and value have more than 4,096 bytes.
   */
  set(name: string, value: string, attributes?: CookieAttributes): void
  /** Makes the browser forget a cookie. Path and domain must be those it was set with. */
  delete(name: string, attributes?: Pick<CookieAttributes, "path" | "domain" | "partitioned">): void
  /**
   * The value of a signed cookie; undefined when its signature is missing or wrong.
   * @param attributes those with which it is set anew when an older key signed it.
   * @throws {HTTP_COOKIE_KEYS_INVALID} when there are no keys.
   */
  getSigned(name: string, attributes?: CookieAttributes): string | undefined
  /** Sets a cookie that nobody can change or make up. Its value can be read by the caller all the same. */
  setSigned(name: string, value: string, attributes?: CookieAttributes): void
}

/**
 * A layer that gives handlers `ctx.cookies`. What is set has `Path=/; Secure; HttpOnly; SameSite=Lax` and the prefix
 * `__Host-` unless options say otherwise. Nothing is parsed before it is asked for.
 * @throws {HTTP_COOKIE_INVALID} @throws {HTTP_COOKIE_KEYS_INVALID}
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis
 * @example
 * const app = createApp({ layers: [cookies({ keys: [process.env.COOKIE_KEY] })] })
 * app.get("/me", (ctx) => {
 *   const session = ctx.cookies.getSigned("session", { maxAgeSeconds: 86_400 })
 *   return session === undefined ? fail(errors.Unauthorized) : sessions.get(session)
 * })
 */
export function cookies(options: CookiesOptions = {}): Layer<{ readonly cookies: Cookies }> {
  const jarOf = createCookies(options)
  return layer({ name: "cookies", before: (ctx) => ({ cookies: jarOf(ctx) }) })
}

/**
 * What {@link cookies} gives handlers, for those who make layers of their own with settings of their own.
 * @throws {HTTP_COOKIE_INVALID} @throws {HTTP_COOKIE_KEYS_INVALID}
 */
export function createCookies(options: CookiesOptions = {}): (ctx: BaseContext) => Cookies {
  const settings = settingsOf(options)
  return (ctx) => new Jar(ctx, settings)
}

/** The cookies of a request whose scope has no `cookies` layer; unsigned, with the layer's defaults. */
export function cookiesOf(ctx: BaseContext): Cookies {
  defaults ??= settingsOf({})
  return new Jar(ctx, defaults)
}
let defaults: Settings | undefined

interface Settings {
  readonly prefix: string
  readonly keys: CookieKeys | undefined
  readonly attributes: CookieAttributes
  /** The same as it goes over the wire. */
  readonly text: string
}

function settingsOf({ prefix = "__Host-", keys, ...attributes }: CookiesOptions): Settings {
  const text = formatAttributes(prefix, attributes) // defaults that contradict the prefix are a mistake at boot
  return { prefix, keys: keys === undefined ? undefined : new CookieKeys(keys), attributes, text }
}

class Jar implements Cookies {
  readonly #ctx: BaseContext
  readonly #settings: Settings

  constructor(ctx: BaseContext, settings: Settings) {
    this.#ctx = ctx
    this.#settings = settings
  }

  get(name: string): string | undefined {
    return this.#find(this.#nameOf(name))
  }
  all(): Readonly<Record<string, string>> {
    return parseCookies(this.#ctx.headers.get("cookie") ?? "")
  }
  set(name: string, value: string, attributes?: CookieAttributes): void {
    const full = this.#nameOf(name)
    checkCookieName(full)
    this.#put(full, encodeCookieValue(full, value), attributes)
  }
  delete(name: string, attributes?: Pick<CookieAttributes, "path" | "domain" | "partitioned">): void {
    const full = this.#nameOf(name)
    checkCookieName(full)
    this.#put(full, "", { ...attributes, maxAgeSeconds: 0, expires: new Date(0) })
  }
  getSigned(name: string, attributes?: CookieAttributes): string | undefined {
    const full = this.#nameOf(name)
    const found = this.#find(full)
    const signed = found === undefined ? undefined : this.#keys.verify(full, found)
    if (signed?.isOld === true) this.setSigned(name, signed.value, attributes)
    return signed?.value
  }
  setSigned(name: string, value: string, attributes?: CookieAttributes): void {
    const full = this.#nameOf(name)
    checkCookieName(full)
    this.#put(full, encodeCookieValue(full, this.#keys.sign(full, value)), attributes)
  }

  get #keys(): CookieKeys {
    const { keys } = this.#settings
    if (keys !== undefined) return keys
    throw new CookieKeysInvalid("A signed cookie needs keys: cookies({ keys: [secret] })")
  }
  #nameOf(name: string): string {
    return name.startsWith("__") ? name : this.#settings.prefix + name
  }
  #find(name: string): string | undefined {
    const line = this.#lineOf(name)
    if (line !== -1) return valueSet(this.#lines[line]!, name)
    const header = this.#ctx.headers.get("cookie")
    return header === null ? undefined : findCookie(header, name)
  }
  #put(name: string, value: string, attributes: CookieAttributes | undefined): void {
    const line = formatSetCookie(name, value, this.#attributesOf(name, attributes))
    const at = this.#lineOf(name)
    if (at === -1) this.#ctx.set("set-cookie", line)
    else this.#lines[at] = line
  }
  #attributesOf(name: string, attributes: CookieAttributes | undefined): string {
    const { prefix, attributes: own, text } = this.#settings
    if (attributes !== undefined) return formatAttributes(name, { ...own, ...attributes })
    return name.startsWith(prefix) ? text : formatAttributes(name, own)
  }
  get #lines(): string[] {
    return (this.#ctx as RequestContext).answerHeaders ?? []
  }
  /** Where this cookie was set before in this request. */
  #lineOf(name: string): number {
    const lines = this.#lines
    for (let at = 0; at < lines.length; at += 2)
      if (lines[at] === "set-cookie" && lines[at + 1]!.startsWith(`${name}=`)) return at + 1
    return -1
  }
}

/** What a line of `Set-Cookie` says; nothing where it deletes. */
function valueSet(line: string, name: string): string | undefined {
  return line.includes("; Max-Age=0;") ? undefined : findCookie(line.slice(0, line.indexOf(";")), name)
}
