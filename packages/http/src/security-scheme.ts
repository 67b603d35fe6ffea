/**
 * How callers show who they are, as OpenAPI writes it. What a layer says of itself; it checks nothing.
 * @see https://spec.openapis.org/oas/v3.1.1#security-scheme-object
 */
export type SecurityScheme =
  | {
      readonly type: "http"
      /** Of the Authorization header: `bearer`, `basic`. */
      readonly scheme: string
      readonly bearerFormat?: string
      readonly description?: string
    }
  | {
      readonly type: "apiKey"
      readonly in: "header" | "query" | "cookie"
      readonly name: string
      readonly description?: string
    }
  | { readonly type: "oauth2"; readonly flows: OAuthFlows; readonly description?: string }
  | { readonly type: "openIdConnect"; readonly openIdConnectUrl: string; readonly description?: string }
  | { readonly type: "mutualTLS"; readonly description?: string }

export type OAuthFlows = Readonly<
  Partial<Record<"implicit" | "password" | "clientCredentials" | "authorizationCode", OAuthFlow>>
>

export interface OAuthFlow {
  readonly authorizationUrl?: string
  readonly tokenUrl?: string
  readonly refreshUrl?: string
  /** What each scope allows, by its name. */
  readonly scopes: Readonly<Record<string, string>>
}

/** A scheme, and what a caller must have been granted by it: OAuth scopes, or roles where the scheme has other words for them. */
export interface ScopedScheme {
  readonly scheme: SecurityScheme
  readonly scopes: readonly string[]
}

/**
 * Schemes by name, one of which a request needs; `{ type: "none" }` lets those pass that have none. Where several layers of a
 * route ask for one scheme, a caller needs the scopes of all.
 */
export type Security = Readonly<Record<string, SecurityScheme | ScopedScheme | { readonly type: "none" }>>
