import { systemClock } from "@ashlar/core"

interface Kept {
  readonly value: string
  readonly path: string
  /** Milliseconds since 1970; undefined: as long as the jar is there. */
  readonly expiresAtMs: number | undefined
}

const MAX_COOKIES = 300

/**
 * What a browser would remember of an app's answers, for one host. `Secure` cookies are sent too, as browsers do with
 * `localhost`. Times are those of @ashlar/core's clock, so cookies expire when a test travels.
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-5
 */
export class CookieJar {
  readonly #kept = new Map<string, Kept>()

  /** The value of a cookie that would be sent to this path. */
  get(name: string, path = "/"): string | undefined {
    return this.#sent(path).find(([known]) => known === name)?.[1]
  }
  /** Puts a cookie in by hand, for all paths. */
  set(name: string, value: string): void {
    this.#keep(name, { value, path: "/", expiresAtMs: undefined })
  }
  delete(name: string): void {
    for (const [key, kept] of this.#kept) if (key === keyOf(name, kept.path)) this.#kept.delete(key)
  }
  clear(): void {
    this.#kept.clear()
  }

  /** What the `Cookie` header of a request to this path says; undefined: nothing. */
  header(path: string): string | undefined {
    const sent = this.#sent(path)
    return sent.length === 0 ? undefined : sent.map(([name, value]) => `${name}=${value}`).join("; ")
  }

  /** Takes what an answer of this path sets. */
  take(path: string, headers: Headers): void {
    for (const line of headers.getSetCookie()) this.#takeLine(path, line)
  }

  #takeLine(requestPath: string, line: string): void {
    const [pair = "", ...attributes] = line.split(";")
    const at = pair.indexOf("=")
    if (at < 1) return
    const read = new Map(
      attributes.map((text) => {
        const [key = "", ...value] = text.split("=")
        return [key.trim().toLowerCase(), value.join("=").trim()] as const
      }),
    )
    const path = read.get("path")?.startsWith("/") ? read.get("path")! : folderOf(requestPath)
    const expiresAtMs = expiryOf(read)
    this.#keep(pair.slice(0, at).trim(), { value: pair.slice(at + 1).trim(), path, expiresAtMs })
  }
  #keep(name: string, kept: Kept): void {
    const key = keyOf(name, kept.path)
    this.#kept.delete(key)
    if (isOver(kept)) return
    this.#kept.set(key, kept)
    if (this.#kept.size > MAX_COOKIES) this.#kept.delete(this.#kept.keys().next().value!)
  }
  /** Those with the longest path first. */
  #sent(path: string): (readonly [name: string, value: string])[] {
    return [...this.#kept]
      .filter(([, kept]) => covers(kept.path, path) && !isOver(kept))
      .sort(([, a], [, b]) => b.path.length - a.path.length)
      .map(([key, { value }]) => [key.slice(0, key.indexOf(" ")), value] as const)
  }
}

/** A name has no space in it. */
function keyOf(name: string, path: string): string {
  return `${name} ${path}`
}

function isOver({ expiresAtMs }: Kept): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= systemClock.now()
}

function expiryOf(attributes: ReadonlyMap<string, string>): number | undefined {
  const maxAge = attributes.get("max-age")
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return systemClock.now() + Number(maxAge) * 1000
  const expires = Date.parse(attributes.get("expires") ?? "")
  return Number.isNaN(expires) ? undefined : expires
}

function covers(cookiePath: string, path: string): boolean {
  if (!path.startsWith(cookiePath)) return false
  return cookiePath.endsWith("/") || path.length === cookiePath.length || path[cookiePath.length] === "/"
}

function folderOf(path: string): string {
  const end = path.lastIndexOf("/")
  return end <= 0 ? "/" : path.slice(0, end)
}
