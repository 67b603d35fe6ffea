import type { OAuthFlow, SecurityScheme } from "@ashlar/http"
import { defined, type Json } from "../json.ts"

/** A security scheme of OpenAPI in the words of AsyncAPI. @see https://www.asyncapi.com/docs/reference/specification/v3.0.0#securitySchemeObject */
export function toAsyncScheme(scheme: SecurityScheme): Json {
  const { description } = scheme
  switch (scheme.type) {
    case "apiKey":
      return defined({ type: "httpApiKey", name: scheme.name, in: scheme.in, description })
    case "mutualTLS":
      return defined({ type: "X509", description })
    case "oauth2": {
      const flows = Object.entries(scheme.flows).map(([name, flow]) => [name, toAsyncFlow(flow)])
      return defined({ type: "oauth2", flows: Object.fromEntries(flows), description })
    }
    default:
      return { ...scheme }
  }
}

function toAsyncFlow({ scopes, ...flow }: OAuthFlow): Json {
  return { ...flow, availableScopes: scopes }
}
