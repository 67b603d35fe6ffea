const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
const badValue = /[\0\r\n]/

export type HeadersInit = Headers | Iterable<readonly [string, string]> | Record<string, string>

/** @see https://fetch.spec.whatwg.org/#headers-class */
export class Headers {
  readonly #values = new Map<string, string[]>()

  constructor(init: HeadersInit = {}) {
    const pairs = (init as Iterable<readonly [string, string]>)[Symbol.iterator] ? init : Object.entries(init)
    for (const [name, value] of pairs as Iterable<readonly [string, string]>) this.append(name, value)
  }

  append(name: string, value: string): void {
    const key = keyOf(name)
    const values = this.#values.get(key)
    if (values) values.push(checkedValue(value))
    else this.#values.set(key, [checkedValue(value)])
  }

  set(name: string, value: string): void {
    this.#values.set(keyOf(name), [checkedValue(value)])
  }

  delete(name: string): void {
    this.#values.delete(keyOf(name))
  }

  get(name: string): string | null {
    return this.#values.get(keyOf(name))?.join(", ") ?? null
  }

  has(name: string): boolean {
    return this.#values.has(keyOf(name))
  }

  getSetCookie(): string[] {
    return [...(this.#values.get("set-cookie") ?? [])]
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this) callback.call(self, value, name, this)
  }

  *entries(): IterableIterator<[string, string]> {
    for (const name of [...this.#values.keys()].sort()) {
      if (name === "set-cookie") for (const value of this.getSetCookie()) yield [name, value]
      else yield [name, this.get(name)!]
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this) yield value
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }
}

function keyOf(name: string): string {
  const key = String(name).toLowerCase()
  if (!token.test(key)) throw new TypeError(`Invalid header name: ${key}`)
  return key
}

function checkedValue(value: string): string {
  const text = String(value).trim()
  if (badValue.test(text)) throw new TypeError("Invalid header value")
  return text
}
