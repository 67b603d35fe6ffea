export {
  OAuthAnswerInvalid,
  OAuthGrantEnded,
  OAuthOptionInvalid,
  OAuthProviderFailed,
  OAuthProviderUnknown,
  OAuthSignInDenied,
  OAuthSignInExpired,
  OAuthSignInUsed,
  OAuthStateInvalid,
} from "../errors.ts"
export type { BeginOptions } from "./flow/begin.ts"
export type { ProviderTokens } from "./flow/tokens.ts"
export type { EndedSession } from "./flow/verify-logout.ts"
export { decideAccount, type ExternalIdentity, type Profile } from "./identity.ts"
export {
  type BegunSignIn,
  createOAuthClient,
  type FinishOptions,
  type OAuthClient,
  type OAuthClientOptions,
  type SignedIn,
} from "./oauth-client.ts"
export type { OutboundOptions } from "./outbound.ts"
export { type AppleOptions, apple } from "./providers/apple.ts"
export { discord } from "./providers/discord.ts"
export { type FacebookOptions, facebook } from "./providers/facebook.ts"
export { type GitHubOptions, github } from "./providers/github.ts"
export { type GoogleOptions, google } from "./providers/google.ts"
export { linkedin } from "./providers/linkedin.ts"
export { type MicrosoftOptions, microsoft } from "./providers/microsoft.ts"
export {
  type Auth0Options,
  auth0,
  type GitLabOptions,
  gitlab,
  type KeycloakOptions,
  keycloak,
  type OidcOptions,
  type OktaOptions,
  oidc,
  okta,
} from "./providers/oidc.ts"
export {
  type ClientAuthentication,
  defineProvider,
  type Json,
  openIdProfile,
  type ProfileFacts,
  type ProfileRequest,
  type Provider,
  type ProviderOptions,
  type ProviderServer,
  type RevokeRequest,
} from "./providers/provider.ts"
export { type ProviderSettings, providerFrom, providerKinds } from "./providers/provider-settings.ts"
export { type XOptions, x } from "./providers/x.ts"
export type { FailedSignIn, FailurePage } from "./routes/failure-page.ts"
export { type OAuthRoutes, type OAuthRoutesOptions, oauthRoutes } from "./routes/oauth-routes.ts"
export { createTokenVault, type TokenVault, type TokenVaultOptions } from "./token-vault.ts"
