import { CookieKeys } from "../cookies/cookie-keys.ts"

/** What a cursor points behind: the values of the fields that are sorted by, of the last row that was seen. */
export type CursorValues = readonly (string | number | boolean | null)[]

/** Characters of a cursor that is read, and values in it, at most. */
export const MAX_CURSOR_LENGTH = 1024
const MAX_VALUES = 8

/** Makes and reads cursors: opaque to callers, and with keys signed, so that they cannot be made up. */
export class Cursors {
  readonly #keys: CookieKeys | undefined

  /** @throws {HTTP_COOKIE_KEYS_INVALID} for keys of less than 32 bytes, or more than 8 of them. */
  constructor(keys: readonly (string | Uint8Array)[] | undefined) {
    this.#keys = keys === undefined ? undefined : new CookieKeys(keys)
  }

  /** @param sort What the rows are sorted by: a cursor says nothing about another order. */
  write(sort: string, values: CursorValues): string {
    const text = toBase64Url(JSON.stringify([sort, ...values]))
    return this.#keys === undefined ? text : this.#keys.sign("cursor", text)
  }

  /** The values, or undefined: it was made for another order, by another key, or by nobody here. */
  read(sort: string, cursor: string): CursorValues | undefined {
    if (cursor.length > MAX_CURSOR_LENGTH) return undefined
    const text = this.#keys === undefined ? cursor : this.#keys.verify("cursor", cursor)?.value
    const [order, ...values] = (text === undefined ? undefined : parse(text)) ?? []
    if (order !== sort || values.length > MAX_VALUES) return undefined
    return values.every(isScalar) ? values : undefined
  }
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean"
}

function parse(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(fromBase64Url(text))
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function toBase64Url(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text))
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
}

function fromBase64Url(text: string): string {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"))
  return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)))
}
