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

/** What all runtimes' contexts know, and handlers have no use for. */
interface Internals {
  readonly search: string
  readonly authority?: string | null
}

/**
 * The key of a request's answer. Parts are separated by line breaks, which none of them can hold, so that no part passes for
 * another; the host counts, so that a made-up one reaches nobody else.
 */
export function responseKey(
  ctx: BaseContext,
  user: string | undefined,
  { query = true, headers = [] }: KeyOptions,
): string {
  const { search, authority } = ctx as BaseContext & Internals
  const host = authority === undefined ? ctx.headers.get("host") : authority
  let key = `${host ?? ""}\n${ctx.path}\n${query === true ? search : query === false ? "" : chosen(search, query)}`
  if (ctx.route.version !== undefined) key += `\nversion ${String(ctx.route.version)}`
  for (const name of headers) key += `\n${ctx.headers.get(name) ?? "\t"}`
  if (user !== undefined) key += `\nuser ${JSON.stringify(user)}`
  return key.length <= MAX_KEY_LENGTH ? key : createHash("sha256").update(key).digest("base64url")
}

function chosen(search: string, names: readonly string[]): string {
  const sent = new URLSearchParams(search)
  const kept = new URLSearchParams()
  for (const name of names) for (const value of sent.getAll(name)) kept.append(name, value)
  return kept.toString()
}
