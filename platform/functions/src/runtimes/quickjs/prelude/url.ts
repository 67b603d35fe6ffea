import { call } from "./host.ts"

type Part =
  | "href"
  | "protocol"
  | "username"
  | "password"
  | "host"
  | "hostname"
  | "port"
  | "pathname"
  | "search"
  | "hash"
type Parts = Readonly<Record<Part | "origin", string>>

/** @see https://url.spec.whatwg.org/#interface-urlsearchparams */
export class URLSearchParams {
  #pairs: [string, string][] = []
  #changed: (() => void) | undefined

  constructor(init: string | Iterable<readonly [string, string]> | Record<string, string> = "") {
    if (typeof init === "string") this.#pairs = parsed(init)
    else if ((init as Iterable<unknown>)[Symbol.iterator])
      for (const [name, value] of init as Iterable<readonly [string, string]>) this.#pairs.push([`${name}`, `${value}`])
    else for (const [name, value] of Object.entries(init)) this.#pairs.push([name, `${value}`])
  }

  /** Ties the parameters to a URL: they are read from its query, and every change is written back. */
  static of(search: string, changed: (search: string) => void): URLSearchParams {
    const params = new URLSearchParams(search)
    params.#changed = () => changed(params.toString())
    return params
  }

  get size(): number {
    return this.#pairs.length
  }

  append(name: string, value: string): void {
    this.#pairs.push([`${name}`, `${value}`])
    this.#changed?.()
  }

  delete(name: string): void {
    this.#pairs = this.#pairs.filter((pair) => pair[0] !== name)
    this.#changed?.()
  }

  get(name: string): string | null {
    return this.#pairs.find((pair) => pair[0] === name)?.[1] ?? null
  }

  getAll(name: string): string[] {
    return this.#pairs.filter((pair) => pair[0] === name).map((pair) => pair[1])
  }

  has(name: string): boolean {
    return this.#pairs.some((pair) => pair[0] === name)
  }

  set(name: string, value: string): void {
    const at = this.#pairs.findIndex((pair) => pair[0] === name)
    if (at < 0) this.#pairs.push([`${name}`, `${value}`])
    else this.#pairs = this.#pairs.filter((pair, index) => index <= at || pair[0] !== name)
    if (at >= 0) this.#pairs[at] = [`${name}`, `${value}`]
    this.#changed?.()
  }

  sort(): void {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    this.#changed?.()
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void): void {
    for (const [name, value] of this) callback(value, name, this)
  }

  *entries(): IterableIterator<[string, string]> {
    for (const [name, value] of this.#pairs) yield [name, value]
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.#pairs) yield name
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.#pairs) yield value
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  toString(): string {
    return this.#pairs.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join("&")
  }
}

/** Parsed by the runner, so that a URL means the same inside as to the platform that fetches it. */
export class URL {
  #parts: Parts
  #params: URLSearchParams | undefined

  constructor(url: string | URL, base?: string | URL) {
    const parts = partsOf({ url: `${url}`, ...(base === undefined ? {} : { base: `${base}` }) })
    if (!parts) throw new TypeError(`Invalid URL: ${url}`)
    this.#parts = parts
  }

  static canParse(url: string | URL, base?: string | URL): boolean {
    return URL.parse(url, base) !== null
  }

  static parse(url: string | URL, base?: string | URL): URL | null {
    try {
      return new URL(url, base)
    } catch {
      return null
    }
  }

  get href(): string {
    return this.#parts.href
  }

  set href(value: string) {
    this.#set("href", value)
  }

  get protocol(): string {
    return this.#parts.protocol
  }

  set protocol(value: string) {
    this.#set("protocol", value)
  }

  get username(): string {
    return this.#parts.username
  }

  set username(value: string) {
    this.#set("username", value)
  }

  get password(): string {
    return this.#parts.password
  }

  set password(value: string) {
    this.#set("password", value)
  }

  get host(): string {
    return this.#parts.host
  }

  set host(value: string) {
    this.#set("host", value)
  }

  get hostname(): string {
    return this.#parts.hostname
  }

  set hostname(value: string) {
    this.#set("hostname", value)
  }

  get port(): string {
    return this.#parts.port
  }

  set port(value: string) {
    this.#set("port", value)
  }

  get pathname(): string {
    return this.#parts.pathname
  }

  set pathname(value: string) {
    this.#set("pathname", value)
  }

  get search(): string {
    return this.#parts.search
  }

  set search(value: string) {
    this.#set("search", value)
  }

  get hash(): string {
    return this.#parts.hash
  }

  set hash(value: string) {
    this.#set("hash", value)
  }

  get origin(): string {
    return this.#parts.origin
  }

  get searchParams(): URLSearchParams {
    this.#params ??= URLSearchParams.of(this.search, (search) => this.#change("search", search))
    return this.#params
  }

  toString(): string {
    return this.#parts.href
  }

  toJSON(): string {
    return this.#parts.href
  }

  #set(part: Part, value: string): void {
    this.#change(part, value)
    this.#params = undefined
  }

  #change(part: Part, value: string): void {
    this.#parts = partsOf({ url: this.#parts.href, part, value: `${value}` }) ?? this.#parts
  }
}

function partsOf(question: Record<string, string>): Parts | undefined {
  const answer = call("url", JSON.stringify(question))
  return typeof answer === "string" ? JSON.parse(answer) : undefined
}

function parsed(query: string): [string, string][] {
  const text = query.startsWith("?") ? query.slice(1) : query
  return text
    .split("&")
    .filter(Boolean)
    .map((pair) => {
      const at = pair.indexOf("=")
      return at < 0 ? [unescaped(pair), ""] : [unescaped(pair.slice(0, at)), unescaped(pair.slice(at + 1))]
    })
}

function unescaped(text: string): string {
  const spaced = text.replaceAll("+", " ")
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}

function escaped(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+")
}
