export {
  OAuthIssuerAway,
  OAuthLogoutNotTold,
  OAuthOptionInvalid,
  OAuthRefused,
  OAuthScopeMissing,
  OAuthStoreFailed,
  OAuthTokenInvalid,
} from "../errors.ts"
export type { ClientAuthMethod, GrantType, OAuthClient } from "./clients/client.ts"
export type { FindClient } from "./clients/clients.ts"
export type { InitialAccess } from "./clients/initial-access.ts"
export type { KeySealer, SigningAlgorithm } from "./keys/key-ring.ts"
export type { SessionName } from "./logout/client-sessions.ts"
export type { BackChannelOptions, LogoutNotice } from "./logout/logout-notice.ts"
export type { OAuthResource, OAuthServerOptions } from "./options.ts"
export type { ConsentPage, DevicePage, MessagePage, OAuthPages, PageForm, SignInPage } from "./pages/pages.ts"
export type { OAuthTexts } from "./pages/texts.ts"
export type { ClaimsRequest, PasswordSignIn, People, Person, SignInRequest } from "./people.ts"
export { type BearerOptions, bearer } from "./resource/bearer.ts"
export type { BearerErrors, BearerProvides, OAuthPrincipal } from "./resource/bearer-layer.ts"
export type { IntrospectionOptions } from "./resource/introspection.ts"
export type { OwnResource } from "./resource/own-resource.ts"
export { requireScopes, type ScopesLayer } from "./resource/require-scopes.ts"
export { createOAuthServer, type OAuthServer } from "./server.ts"
export { openOAuthStore } from "./store/open-store.ts"
export type { NewRecord, OAuthStore, RecordKind, StoredRecord } from "./store/store.ts"
export type { ConnectedApplication } from "./tokens/applications.ts"
export type { ExchangePolicy, ExchangeRequest } from "./tokens/exchange-grant.ts"
export type { AccessClaims } from "./tokens/grants.ts"
