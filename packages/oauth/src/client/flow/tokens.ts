import type * as oauth from "oauth4webapi"
import { jsonOf } from "../outbound.ts"
import type { Provider } from "../providers/provider.ts"

/** What a provider gave. Whoever has these acts for the person there: keep them sealed, or not at all. */
export interface ProviderTokens {
  readonly accessToken: string
  /** When the access token is over, as far as the provider said. */
  readonly expiresAtMs: number | undefined
  readonly refreshToken: string | undefined
  /** Needed to sign out at the provider. */
  readonly idToken: string | undefined
  /** What was granted, which may be less than was asked for; undefined: as asked. */
  readonly scopes: readonly string[] | undefined
}

export function toTokens(answer: oauth.TokenEndpointResponse, nowMs: number): ProviderTokens {
  const { access_token, expires_in, refresh_token, id_token, scope } = answer
  return {
    accessToken: access_token,
    expiresAtMs: typeof expires_in === "number" ? nowMs + expires_in * 1000 : undefined,
    refreshToken: refresh_token,
    idToken: id_token,
    // GitHub puts commas between them.
    scopes: scope?.split(/[ ,]+/).filter((one) => one !== ""),
  }
}

/** An answer of a token endpoint as the standard has it, where a provider is known to have its own way. */
export async function conform({ lacks = [] }: Provider, answer: Response): Promise<Response> {
  if (answer.status !== 200 && answer.status !== 400) return answer
  const text = await answer.text()
  const body = parse(text)
  const fixed = (status: number, value: object): Response =>
    Response.json(value, { status, headers: { "cache-control": "no-store" } })
  if (body === undefined) return new Response(text, { status: answer.status, headers: answer.headers })
  const { error } = body
  // GitHub tells errors with the status 200, Facebook as objects.
  if (error !== undefined && body.access_token === undefined) {
    const type = (error as { readonly type?: unknown } | null)?.type
    return fixed(400, { error: typeof error === "string" ? error : String(type ?? "error").slice(0, 64) })
  }
  const lacksType = lacks.includes("token_type") && body.token_type === undefined
  return fixed(answer.status, lacksType ? { ...body, token_type: "bearer" } : body)
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** Asks the provider's API about the person, one request after the other. */
export async function askProfile(
  ask: (url: string, request: { headers: Record<string, string> }) => Promise<Response>,
  { requests = {} }: Provider,
  accessToken: string,
): Promise<Readonly<Record<string, unknown>>> {
  const answers: Record<string, unknown> = {}
  for (const [name, { url, headers, query }] of Object.entries(requests)) {
    const target = new URL(url)
    for (const [key, value] of Object.entries(query?.(accessToken) ?? {})) target.searchParams.set(key, value)
    const answer = await ask(target.href, {
      headers: { accept: "application/json", ...headers, authorization: `Bearer ${accessToken}` },
    })
    answers[name] = await jsonOf(answer, `\`${name}\``)
  }
  return answers
}
