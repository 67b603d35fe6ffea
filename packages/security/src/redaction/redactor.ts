import { Secret } from "@ashlar/core"
import { RedactionInvalid } from "../errors.ts"
import { isHiddenName, redactText, type TextRules } from "./redact-text.ts"
import type { SecretPattern } from "./secret-patterns.ts"

export interface RedactOptions {
  /** Further names whose values are hidden: words as they are written, whatever their case, or expressions. */
  readonly names?: readonly (string | RegExp)[]
  /** Names that are shown although they look secret: `maxTokens`. What their values look like still counts. */
  readonly shown?: readonly string[]
  /** What else a secret looks like, beside tokens, keys, JWTs, credentials in headers and URLs, and numbers of cards. */
  readonly patterns?: readonly SecretPattern[]
  /** What stands in a secret's place, given what it was. Default: `[redacted]`. */
  readonly replacement?: string | ((kind: string) => string)
  /** Levels of objects and lists: 1 to 100. What is deeper is `[too deep]`. Default: 12. */
  readonly maxDepth?: number
  /** Values altogether: 1 to 1,000,000. What follows is left out. Default: 10,000. */
  readonly maxValues?: number
  /** Characters of a text: 64 to 1,000,000. The rest is cut off. Default: 16,384. */
  readonly maxTextLength?: number
}

/** Values as JSON has them. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain }

/** Gives a copy of a value without its secrets. It never throws, runs no code of the value's, and changes nothing of it. */
export type Redactor = (value: unknown) => Plain

/** Read beyond the cut, so that a secret which the cut goes through is known for one. */
const OVERLAP = 1_024

/**
 * Makes a function that copies values for logs and reports: what stands under the name of a secret is hidden, and so is what looks like
 * one, in texts and in keys. Errors, maps, sets, headers and URLs come out as plain JSON; cycles, depth and size are bounded.
 *
 * It is the second line of defence: what is marked as secret where it is made (`secret`, `Secret`, `v.string().secret()`) never gets here.
 *
 * @throws {SECURITY_REDACTION_INVALID}
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#data-to-exclude
 * @example
 * const redact = createRedactor({ names: ["internalNote"], shown: ["maxTokens"] })
 * console.log(JSON.stringify(redact({ password: "hunter2", text: "Bearer abcdefgh12345" })))
 */
export function createRedactor(options: RedactOptions = {}): Redactor {
  const { maxDepth = 12, maxValues = 10_000, maxTextLength = 16_384, patterns = [] } = options
  check("maxDepth", maxDepth, 1, 100)
  check("maxValues", maxValues, 1, 1_000_000)
  check("maxTextLength", maxTextLength, 64, 1_000_000)
  for (const { kind, pattern } of patterns)
    if (!pattern.global || !/^[a-z0-9-]{1,64}$/.test(kind))
      throw new RedactionInvalid(
        `Expected patterns to be global and their kinds to be lower-case words, got ${kind} ${pattern}.`,
      )
  const { replacement = "[redacted]" } = options
  const hide = typeof replacement === "string" ? () => replacement : replacement
  const rules: TextRules = { patterns, isHidden: nameRule(options), hide }
  return (value) => {
    const copying = new Copying(rules, { maxDepth, maxTextLength, left: maxValues })
    return copying.copy(value, 0)
  }
}

const standard: Redactor = createRedactor()

/** The same at once. For many values make a redactor, and keep it. @throws {SECURITY_REDACTION_INVALID} */
export function redact(value: unknown, options?: RedactOptions): Plain {
  return options === undefined ? standard(value) : createRedactor(options)(value)
}

function check(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new RedactionInvalid(`Expected ${name} to be an integer from ${min} to ${max}, got ${value}.`)
}

function nameRule({ names = [], shown = [] }: RedactOptions): (name: string) => boolean {
  const [words, open] = [new Set<string>(), new Set(shown.map((name) => name.toLowerCase()))]
  const expressions: RegExp[] = []
  for (const name of names)
    if (typeof name === "string") words.add(name.toLowerCase())
    else if (name.global || name.sticky) throw new RedactionInvalid(`Expected ${name} without the flags g and y.`)
    else expressions.push(name)
  return (name) => {
    const lower = name.toLowerCase()
    if (words.has(lower) || expressions.some((expression) => expression.test(name))) return true
    return isHiddenName(name) && !open.has(lower)
  }
}

/** One copy being made. */
class Copying {
  readonly #rules: TextRules
  readonly #bounds: { readonly maxDepth: number; readonly maxTextLength: number; left: number }
  readonly #above: Set<object> = new Set()

  constructor(rules: TextRules, bounds: { maxDepth: number; maxTextLength: number; left: number }) {
    this.#rules = rules
    this.#bounds = bounds
  }

  copy(value: unknown, depth: number): Plain {
    if (--this.#bounds.left < 0) return "[left out]"
    switch (typeof value) {
      case "string":
        return this.#text(value)
      case "number":
        return this.#number(value)
      case "boolean":
        return value
      case "bigint":
        return this.#text(value.toString())
      case "object":
        return value === null ? null : this.#object(value, depth)
      default:
        return `[${typeof value}]`
    }
  }

  #text(text: string): string {
    const { maxTextLength } = this.#bounds
    const isLong = text.length > maxTextLength
    const clean = redactText((isLong ? text.slice(0, maxTextLength + OVERLAP) : text).toWellFormed(), this.#rules)
    if (!isLong) return clean
    return `${clean.slice(0, maxTextLength).toWellFormed()}… [${text.length - maxTextLength} more characters]`
  }
  #number(value: number): Plain {
    if (!Number.isFinite(value)) return String(value)
    if (value < 1e12 || !Number.isSafeInteger(value)) return value
    const text = this.#text(String(value))
    return text === String(value) ? value : text
  }

  #object(value: object, depth: number): Plain {
    if (this.#above.has(value)) return "[circular]"
    if (depth >= this.#bounds.maxDepth) return "[too deep]"
    this.#above.add(value)
    try {
      return this.#parts(value, depth + 1)
    } catch {
      return "[unreadable]" // a proxy or an accessor of somebody's
    } finally {
      this.#above.delete(value)
    }
  }

  #parts(value: object, depth: number): Plain {
    if (value instanceof Secret) return this.#rules.hide("secret")
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString()
    if (value instanceof RegExp || value instanceof URL) return this.#text(String(value))
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
    if (Array.isArray(value)) return this.#list(value, depth)
    if (value instanceof Set) return this.#list([...take(value, this.#bounds.left)], depth)
    if (value instanceof Map || value instanceof Headers || value instanceof URLSearchParams)
      return this.#entries(take<readonly [unknown, unknown]>(value.entries(), this.#bounds.left), depth)
    if (value instanceof Promise || value instanceof WeakMap) return `[${value.constructor.name}]`
    if (value instanceof Error) return this.#entries([...errorEntries(value), ...ownEntries(value)], depth)
    return this.#entries(this.#withField(value), depth)
  }

  #list(values: readonly unknown[], depth: number): Plain {
    const [name, value] = values
    // `["authorization", "…"]`, as headers and forms come in pairs.
    if (values.length === 2 && typeof name === "string" && this.#rules.isHidden(name))
      return [this.#text(name), this.#hidden(value)]
    const copies: Plain[] = []
    for (const one of values) {
      if (this.#bounds.left <= 0) {
        copies.push(`[${values.length - copies.length} more]`)
        break
      }
      const before = copies.length % 2 === 1 ? values[copies.length - 1] : undefined
      // `["host", "a", "cookie", "…"]`, as Node has raw headers.
      copies.push(typeof before === "string" && HEADER.test(before) ? this.#hidden(one) : this.copy(one, depth))
    }
    return copies
  }

  #entries(entries: Iterable<readonly [unknown, unknown]>, depth: number): Plain {
    const copy: Record<string, Plain> = {}
    for (const [key, value] of entries) {
      if (this.#bounds.left <= 0) {
        define(copy, "…", "[left out]")
        break
      }
      const name =
        typeof key === "string" ? key : typeof key === "symbol" ? String(key) : JSON.stringify(this.copy(key, depth))
      define(copy, this.#text(name), this.#rules.isHidden(name) ? this.#hidden(value) : this.copy(value, depth))
    }
    return copy
  }

  /** `{ name: "password", value: "…" }` has its secret under another name. */
  #withField(value: object): readonly (readonly [string, unknown])[] {
    const entries = ownEntries(value)
    const isSecret = entries.some(
      ([key, one]) => /^(?:name|key|field|header)$/i.test(key) && typeof one === "string" && this.#rules.isHidden(one),
    )
    if (!isSecret) return entries
    return entries.map(([key, one]) => [key, /^(?:value|content|text|data)$/i.test(key) ? this.#hide(one) : one])
  }
  #hide(value: unknown): unknown {
    return isShownAnyway(value) ? value : new Secret(value)
  }
  #hidden(value: unknown): Plain {
    return isShownAnyway(value) ? (value ?? null) : this.#rules.hide("named")
  }
}

const HEADER = /^(?:proxy-)?authorization$|^(?:set-)?cookie$|^x-(?:api-key|csrf-token|auth-token)$/i

/** Whether there is a secret, not which. */
function isShownAnyway(value: unknown): value is boolean | null | undefined {
  return value === null || value === undefined || typeof value === "boolean"
}

function define(target: Record<string, Plain>, key: string, value: Plain): void {
  // Not an assignment: `__proto__` would be none.
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
}

/** What an object holds itself. Accessors are not run. */
function ownEntries(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(Object.getOwnPropertyDescriptors(value)).flatMap(
    ([key, { enumerable, get, set, value: held }]) => {
      if (enumerable !== true) return []
      return [[key, get === undefined && set === undefined ? held : "[accessor]"] as const]
    },
  )
}

function errorEntries(error: Error): readonly (readonly [string, unknown])[] {
  const { name, message, stack, cause } = error
  const parts: [string, unknown][] = [
    ["name", name],
    ["message", message],
    ["stack", stack],
    ["cause", cause],
  ]
  if (error instanceof AggregateError) parts.push(["errors", error.errors])
  return parts.filter(([, value]) => value !== undefined)
}

function* take<T>(values: Iterable<T>, count: number): Generator<T> {
  let taken = 0
  for (const value of values) {
    if (taken++ > count) return
    yield value
  }
}
