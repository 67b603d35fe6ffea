import { OAuthOptionInvalid, type Provider, providerFrom } from "@ashlar/oauth/client"
import { InvalidInput } from "../errors.ts"

/** What names a provider in addresses. */
export const NAME: RegExp = /^[a-z0-9][a-z0-9-]{0,31}$/

export interface ProviderWish {
  readonly kind: string
  readonly clientId: string
  readonly clientSecret: string
  readonly host: string | null
  readonly tenant: string | null
}

/** Their default asks for no address, by which people are known here. */
const SCOPES: Readonly<Record<string, readonly string[]>> = { x: ["users.read", "tweet.read", "users.email"] }

/** What `@ashlar/oauth` refuses is the wish of whoever configures it, and named as such. */
export function makeProvider(name: string, { kind, host, tenant, ...client }: ProviderWish): Provider {
  const scopes = SCOPES[kind]
  try {
    return providerFrom({
      ...client,
      kind,
      name,
      ...(scopes !== undefined && { scopes }),
      ...(host !== null && { host }),
      ...(tenant !== null && { tenant }),
    })
  } catch (cause) {
    if (!(cause instanceof OAuthOptionInvalid)) throw cause
    throw new InvalidInput(cause.message, { cause, details: { field: cause.details?.field ?? "host" } })
  }
}

export function refuse(field: string, expected: string): never {
  throw new InvalidInput(`Expected \`${field}\` to be ${expected}.`, { details: { field } })
}
