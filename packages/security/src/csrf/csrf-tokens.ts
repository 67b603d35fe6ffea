import type { AnyLayer, BaseContext, ProvidedBy } from "@ashlar/http"

/** Tokens that pages of this site carry, and others cannot know: what {@link doubleSubmit} and {@link synchronizer} make. */
export interface CsrfTokens<N extends readonly AnyLayer[] = readonly []> {
  readonly needs?: N
  /** The token for a page's forms and scripts. Another text at every call, so that compressing a page tells nothing of it. */
  of(ctx: BaseContext & ProvidedBy<N>): string
  /** Whether the request carries a token of its session. */
  verify(ctx: BaseContext & ProvidedBy<N>): Promise<boolean>
}

/** Where a request carries its token. */
export interface TokenPlace {
  /** The header that scripts set. Default: `X-CSRF-Token`. */
  readonly header?: string
  /** The field of forms (`application/x-www-form-urlencoded`) without scripts. Default: `_csrf`; `false`: the header only. */
  readonly field?: string | false
}

/** Longer ones are none of ours. */
const MAX_TOKEN = 512

/** The token that a request carries; undefined where it has none, or more than one. */
export async function carriedToken(
  ctx: BaseContext,
  { header = "x-csrf-token", field = "_csrf" }: TokenPlace,
): Promise<string | undefined> {
  const sent = ctx.headers.get(header)
  if (sent !== null) return sent.length <= MAX_TOKEN ? sent : undefined
  const type = ctx.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase()
  if (field === false || type !== "application/x-www-form-urlencoded") return undefined
  const values = new URLSearchParams(new TextDecoder().decode(await ctx.rawBody())).getAll(field)
  return values.length === 1 && values[0]!.length <= MAX_TOKEN ? values[0] : undefined
}
