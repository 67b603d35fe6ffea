import { createHash } from "node:crypto"
import type { BaseContext } from "@ashlar/http"

/** What tells one answer of a route from another. */
export interface KeyOptions {
  /** Query parameters that count: all, as they are sent (`true`, the default), none, or those named. */
  readonly query?: boolean | readonly string[]
  /** Headers of the request that count, as `accept-language`. They are named in the answer's `Vary`. */
  readonly headers?: readonly string[]
}

/** Longer ones are hashed. */
const MAX_KEY_LENGTH = 400
/** Keys that are remembered, so that a URL which is asked for again and again has its key made once. */
const MAX_KNOWN = 1_000

/** What all runtimes' contexts know, and handlers have no use for. */
interface Internals {
  readonly search: string
  /** What path and search are read from. */
  readonly target: string
  readonly authority: string | null
}

/** The part of a key that the URL gives, and what else it was made of. */
interface Known {
  readonly authority: string | null
  readonly version: BaseContext["route"]["version"]
  readonly part: string
}

/**
 * Makes the keys of requests' answers. Their parts are separated by line breaks, which none of them can hold, so that no part
 * passes for another; the host counts, so that a made-up one reaches nobody else.
 */
export class ResponseKeys {
  readonly #query: boolean | readonly string[]
  readonly #headers: readonly string[]
  readonly #known = new Map<string, Known>()

  constructor({ query = true, headers = [] }: KeyOptions) {
    this.#query = query
    this.#headers = headers
  }

  of(ctx: BaseContext, user: string | undefined): string {
    let key = this.#urlPart(ctx as BaseContext & Internals)
    if (user === undefined && this.#headers.length === 0) return shortened(key)
    for (const name of this.#headers) key += `\n${ctx.headers.get(name) ?? "\t"}`
    if (user !== undefined) key += `\nuser ${JSON.stringify(user)}`
    return shortened(key)
  }

  #urlPart(ctx: BaseContext & Internals): string {
    const { target, authority } = ctx
    const { version } = ctx.route
    const known = this.#known.get(target)
    // Behind a proxy one target is asked of several hosts, and one path may have several versions.
    if (known !== undefined && known.authority === authority && known.version === version) return known.part
    const query = this.#query
    const search = query === true ? ctx.search : query === false ? "" : chosen(ctx.search, query)
    let part = `answers:${authority ?? ""}\n${ctx.path}\n${search}`
    if (version !== undefined) part += `\nversion ${String(version)}`
    if (target.length <= MAX_KEY_LENGTH && part.length <= MAX_KEY_LENGTH) {
      if (this.#known.size >= MAX_KNOWN) this.#known.clear()
      this.#known.set(target, { authority, version, part })
    }
    return part
  }
}

function shortened(key: string): string {
  return key.length <= MAX_KEY_LENGTH ? key : `answers:${createHash("sha256").update(key).digest("base64url")}`
}

function chosen(search: string, names: readonly string[]): string {
  const sent = new URLSearchParams(search)
  const kept = new URLSearchParams()
  for (const name of names) for (const value of sent.getAll(name)) kept.append(name, value)
  return kept.toString()
}
