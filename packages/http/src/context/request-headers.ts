/**
 * The headers of a request, read-only. A web `Headers` is one; on Node it is a view over the message, because the first
 * touch of `Headers` loads 18 MB there.
 */
export interface RequestHeaders extends Iterable<[string, string]> {
  /** The value, lines of one name joined with `, `; `null` when it was not sent. Names are case-insensitive. */
  get(name: string): string | null
  has(name: string): boolean
  forEach(callback: (value: string, name: string) => void): void
  entries(): IterableIterator<[string, string]>
  keys(): IterableIterator<string>
  values(): IterableIterator<string>
}

/** What Node's parser gives: names in lower case, lines that may repeat as lists. */
type MessageHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** Node's parsed headers, seen as web-standard ones. */
export class NodeHeaders implements RequestHeaders {
  readonly #headers: MessageHeaders

  constructor(headers: MessageHeaders) {
    this.#headers = headers
  }

  get(name: string): string | null {
    const key = name.toLowerCase()
    return Object.hasOwn(this.#headers, key) ? joined(this.#headers[key], key) : null
  }
  has(name: string): boolean {
    return Object.hasOwn(this.#headers, name.toLowerCase())
  }
  forEach(callback: (value: string, name: string) => void): void {
    for (const [name, value] of this.entries()) callback(value, name)
  }
  *entries(): IterableIterator<[string, string]> {
    for (const name of Object.keys(this.#headers).sort()) yield [name, joined(this.#headers[name], name)!]
  }
  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name
  }
  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }
}

function joined(value: string | readonly string[] | undefined, name: string): string | null {
  if (value === undefined) return null
  return typeof value === "string" ? value : value.join(name === "cookie" ? "; " : ", ")
}
