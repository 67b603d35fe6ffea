import type { DeclaredBy } from "@ashlar/core"
import { type BaseContext, type Layer, layer } from "@ashlar/http"
import { BoundInvalid, HeadersTooLarge, NameRefused, RequestTooComplex, TextRefused, UrlTooLong } from "../errors.ts"
import { type TextFault, textFaults } from "../sanitizing/clean-text.ts"
import { type JsonBounds, jsonDefaults, jsonFault } from "./json-bounds.ts"

export interface RequestBoundsOptions {
  /** Characters of the path with the query: 64 to 1,000,000. Default: 8,192. */
  readonly maxUrlLength?: number
  /** Pairs of the query, or of a form: 1 to 100,000. Default: 200. */
  readonly maxPairs?: number
  /** Lines of headers: 8 to 10,000. Default: 100. */
  readonly maxHeaders?: number
  /** Characters of all headers: 256 to 10,000,000. Default: 32,768. */
  readonly maxHeadersLength?: number
  /** Of JSON bodies. `false` does not look at them. */
  readonly json?: JsonBounds | false
  /**
   * What texts in the path, the query and JSON bodies may not have in them. Default: NUL and half characters, which no honest text has.
   * Ask for more where people write no text of their own.
   */
  readonly refuseText?: readonly TextFault[]
}

type Errors =
  | typeof UrlTooLong
  | typeof HeadersTooLarge
  | typeof RequestTooComplex
  | typeof NameRefused
  | typeof TextRefused

const RANGES = {
  maxUrlLength: [64, 1_000_000],
  maxPairs: [1, 100_000],
  maxHeaders: [8, 10_000],
  maxHeadersLength: [256, 10_000_000],
  maxDepth: [1, 1_000],
  maxValues: [1, 10_000_000],
  maxMembers: [1, 1_000_000],
  maxItems: [1, 10_000_000],
  maxTextBytes: [1, 1_000_000_000],
  maxNameBytes: [1, 1_000_000],
  maxNumberLength: [1, 10_000],
} as const
const TEXT_FAULTS: readonly TextFault[] = ["nul", "control", "bidi", "invisible", "malformed", "unnormalized"]

/**
 * A layer that refuses requests which are made to be expensive, or to mean something else than they look like, before anything is made of
 * them: deep and wide JSON, thousands of pairs or headers, names that reach for a prototype (`__proto__`, `constructor.prototype`), and
 * texts with NUL. Whole sizes are `maxBodyBytes` of an app, scope or route, and time is its `timeoutMs`: those are always there.
 *
 * @throws {SECURITY_BOUND_INVALID}
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Denial_of_Service_Cheat_Sheet.html
 * @example const app = createApp({ layers: [requestBounds({ json: { maxDepth: 8 } })] })
 */
export function requestBounds(options: RequestBoundsOptions = {}): Layer<unknown, DeclaredBy<Errors>> {
  const { maxUrlLength = 8_192, maxPairs = 200, maxHeaders = 100, maxHeadersLength = 32_768 } = options
  const { json = {}, refuseText = ["nul", "malformed"] } = options
  const bounds = json === false ? undefined : { ...jsonDefaults, ...json }
  checkRanges({ maxUrlLength, maxPairs, maxHeaders, maxHeadersLength, ...bounds })
  for (const fault of refuseText)
    if (!TEXT_FAULTS.includes(fault)) throw new BoundInvalid(`Expected refuseText of ${TEXT_FAULTS}, got ${fault}.`)
  const refused = new Set(refuseText)
  const checkHead = (ctx: BaseContext): void => {
    const { pathname, search } = ctx.url
    if (pathname.length + search.length > maxUrlLength) throw new UrlTooLong(undefined, { details: { maxUrlLength } })
    checkHeaders(ctx, { maxHeaders, maxHeadersLength })
    if (count(search, "&") >= maxPairs) throw tooComplex("maxPairs", maxPairs)
    if (refused.size > 0) checkUrlText(pathname + search, refused)
  }
  const checkBody = async (ctx: BaseContext, kind: "json" | "form"): Promise<undefined> => {
    const bytes = await ctx.rawBody()
    if (kind === "form") {
      let pairs = 1
      for (const byte of bytes) if (byte === AMPERSAND && ++pairs > maxPairs) throw tooComplex("maxPairs", maxPairs)
      return
    }
    if (bounds === undefined) return
    const fault = jsonFault(bytes, bounds)
    if (fault === "pollution") throw new NameRefused()
    if (fault !== undefined) throw tooComplex(fault, bounds[fault])
    if (refused.size > 0) checkJsonText(bytes, refused)
  }
  return layer({
    name: "requestBounds",
    errors: [UrlTooLong, HeadersTooLarge, RequestTooComplex, NameRefused, TextRefused],
    meta: { bounded: true },
    before(ctx: BaseContext): undefined | Promise<undefined> {
      checkHead(ctx)
      const kind = kindOf(ctx.headers.get("content-type"))
      return kind === undefined ? undefined : checkBody(ctx, kind)
    },
  })
}

const AMPERSAND = 0x26

function checkRanges(values: Partial<Record<keyof typeof RANGES, number>>): void {
  for (const name of Object.keys(values) as (keyof typeof RANGES)[]) {
    const [min, max] = RANGES[name] ?? [0, 0]
    const value = values[name]!
    if (!Number.isInteger(value) || value < min || value > max)
      throw new BoundInvalid(`Expected ${name} to be an integer from ${min} to ${max}, got ${value}.`)
  }
}

function checkHeaders(
  { headers }: BaseContext,
  { maxHeaders, maxHeadersLength }: { readonly maxHeaders: number; readonly maxHeadersLength: number },
): void {
  let [lines, length] = [0, 0]
  headers.forEach((value, name) => {
    lines++
    length += name.length + value.length
  })
  if (lines > maxHeaders) throw new HeadersTooLarge(undefined, { details: { maxHeaders } })
  if (length > maxHeadersLength) throw new HeadersTooLarge(undefined, { details: { maxHeadersLength } })
}

function kindOf(type: string | null): "json" | "form" | undefined {
  const media = type?.split(";", 1)[0]?.trim().toLowerCase()
  if (media === undefined) return undefined
  if (media === "application/json" || media.endsWith("+json")) return "json"
  return media === "application/x-www-form-urlencoded" ? "form" : undefined
}

function checkUrlText(text: string, refused: ReadonlySet<TextFault>): void {
  if (!text.includes("%")) return
  let decoded: string
  try {
    decoded = decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    // No UTF-8: half a character, or none.
    if (refused.has("malformed")) throw new TextRefused()
    return
  }
  refuse(decoded, refused)
}

/** Only where there can be anything: bytes beyond ASCII, or escapes. */
function checkJsonText(bytes: Uint8Array, refused: ReadonlySet<TextFault>): void {
  if (!bytes.some((byte) => byte > 0x7e || byte === 0x5c)) return
  const text = new TextDecoder().decode(bytes)
  if (!/\\u[0-9a-fA-F]{4}|\\[bf]/.test(text)) refuse(text, refused)
  else
    try {
      JSON.parse(text, (name, value: unknown) => {
        refuse(name, refused)
        if (typeof value === "string") refuse(value, refused)
        return null
      })
    } catch (error) {
      // What is no JSON, whoever reads it says so.
      if (error instanceof TextRefused) throw error
    }
}

function refuse(text: string, refused: ReadonlySet<TextFault>): void {
  const found = textFaults(text).filter((fault) => refused.has(fault))
  if (found.length > 0) throw new TextRefused(undefined, { details: { found } })
}

function tooComplex(bound: string, value: number): InstanceType<typeof RequestTooComplex> {
  return new RequestTooComplex(`The request is beyond ${bound}: ${value}.`, { details: { [bound]: value } })
}

function count(text: string, letter: string): number {
  let found = 0
  for (let at = text.indexOf(letter); at !== -1; at = text.indexOf(letter, at + 1)) found++
  return found
}
