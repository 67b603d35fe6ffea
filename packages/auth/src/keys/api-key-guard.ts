import type { Service } from "@ashlar/core"
import type { BaseContext, Failure } from "@ashlar/http"
import { authorizationOf } from "../guards/authorization.ts"
import { type Guard, guard, refused } from "../guards/guard.ts"
import type { Principal } from "../principal.ts"
import type { ApiKey, ApiKeys } from "./api-keys.ts"

export interface ApiKeyGuardOptions {
  /** What {@link openApiKeys} gives, or the service that is one. */
  readonly keys: ApiKeys | Service<ApiKeys>
  /** Default `key`. */
  readonly name?: string
  /** A header that holds the key alone, such as `x-api-key`. Default: `Authorization: Bearer`. Never the URL: it gets into logs. */
  readonly header?: string
  /** The roles that a key has, of its owner's perhaps: they allow nothing beyond its scopes. Default: its scopes alone are what it may. */
  readonly rolesOf?: (key: ApiKey, ctx: BaseContext) => readonly string[] | Promise<readonly string[]>
}

/** What a key says of its principal. */
export interface KeyClaims {
  readonly keyId: string
  readonly keyName: string
  readonly [claim: string]: unknown
}

/**
 * A guard by API key. The principal is the key's owner, limited to the key's scopes.
 * @example const apiKey = apiKeyGuard({ keys: openApiKeys("sqlite:./data/app.db", { prefix: "acme_live" }) })
 */
export function apiKeyGuard(options: ApiKeyGuardOptions): Guard<Principal<KeyClaims>> {
  const { name = "key", header } = options
  const scheme =
    header === undefined
      ? ({ type: "http", scheme: "bearer" } as const)
      : ({ type: "apiKey", in: "header", name: header } as const)
  const look = async (ctx: BaseContext, text: string): Promise<Principal<KeyClaims> | Failure | undefined> => {
    const keys = "rotate" in options.keys ? options.keys : await ctx.use(options.keys)
    // In a header that others use too, what begins otherwise is theirs.
    if (header === undefined && !text.startsWith(`${keys.prefix}_`)) return undefined
    const key = await keys.find(text)
    if (key === undefined) return refused()
    if (keys.isStale(key)) ctx.defer(async () => void (await keys.touch(text)))
    return principalOf(key, { method: name, roles: await options.rolesOf?.(key, ctx) })
  }
  return guard({
    name,
    security: { [name]: scheme },
    challenge: header === undefined ? { scheme: "Bearer" } : { scheme: "ApiKey", params: { header } },
    identify(ctx) {
      const text = header === undefined ? authorizationOf(ctx, "bearer") : ctx.headers.get(header)
      return text === undefined || text === null ? undefined : look(ctx, text)
    },
  })
}

function principalOf(
  { id, owner, name, scopes, claims, createdAtMs }: ApiKey,
  { method, roles }: { readonly method: string; readonly roles: readonly string[] | undefined },
): Principal<KeyClaims> {
  return {
    id: owner,
    kind: "key",
    method,
    roles: roles ?? [],
    // What was granted to the key itself, unless it has what its owner has, within its scopes.
    permissions: roles === undefined ? scopes : [],
    scopes,
    claims: { ...claims, keyId: id, keyName: name },
    amr: [],
    authTimeMs: createdAtMs,
  }
}
