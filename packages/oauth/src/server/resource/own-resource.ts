import type { Layer, SecurityScheme } from "@ashlar/http"
import { OAuthOptionInvalid } from "../../errors.ts"
import type { Parts } from "../parts.ts"
import type { Settings } from "../settings.ts"
import { inspectAccessToken } from "../tokens/inspect.ts"
import { type BearerErrors, type BearerFields, type BearerProvides, bearerLayer } from "./bearer-layer.ts"

export interface OwnResource {
  /** The resource that tokens must be for. */
  readonly audience: string
  /** The address that clients use, without path, where it is another than the issuer's: DPoP proofs name it. */
  readonly origin?: string
}

/** How callers get a token, for OpenAPI. */
function schemeOf({ endpoints, scopes, issuer }: Settings): SecurityScheme {
  const said = Object.fromEntries(
    [...scopes].flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const])),
  )
  const flow = { tokenUrl: endpoints.token, refreshUrl: endpoints.token, scopes: said }
  return {
    type: "oauth2",
    description: `Tokens of ${issuer}`,
    flows: {
      authorizationCode: { authorizationUrl: endpoints.authorize, ...flow },
      clientCredentials: { tokenUrl: endpoints.token, scopes: said },
    },
  }
}

/** The layer of a resource in the same app as its server. */
export function ownResource(
  settings: Settings,
  open: () => Promise<Parts>,
  { audience, origin = new URL(settings.issuer).origin }: OwnResource,
): Layer<BearerProvides, BearerErrors> {
  if (!settings.resources.has(audience))
    throw new OAuthOptionInvalid("Expected audience to be one of the resources of the server.")
  const fields: BearerFields = {
    issuer: settings.issuer,
    audience,
    origin,
    scheme: schemeOf(settings),
    read: async (token) => (await inspectAccessToken(await open(), token))?.claims,
    proofs: async () => (await open()).dpop,
  }
  return bearerLayer(fields)
}
