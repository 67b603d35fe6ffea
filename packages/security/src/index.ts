export type { JsonBounds } from "./bounds/json-bounds.ts"
export { type RequestBoundsOptions, requestBounds } from "./bounds/request-bounds.ts"
export { cors } from "./cors/cors.ts"
export type { CorsOptions } from "./cors/cors-options.ts"
export type { OriginCheck, OriginPattern } from "./cors/origins.ts"
export { type CsrfOptions, csrf } from "./csrf/csrf.ts"
export type { CsrfTokens, TokenPlace } from "./csrf/csrf-tokens.ts"
export { type DoubleSubmitOptions, doubleSubmit } from "./csrf/double-submit.ts"
export { csrfSecret, type SynchronizerOptions, synchronizer } from "./csrf/synchronizer.ts"
export {
  BoundInvalid,
  CorsInvalid,
  CsrfInvalid,
  CsrfTokenInvalid,
  FetchFailed,
  FetchOptionInvalid,
  FetchRefused,
  FetchTimeout,
  FetchTooLarge,
  HeadersInvalid,
  HeadersTooLarge,
  LimitInvalid,
  LimitStoreAway,
  NameRefused,
  OriginRefused,
  RequestTooComplex,
  SealInvalid,
  SealOptionInvalid,
  TextRefused,
  UrlTooLong,
} from "./errors.ts"
export { createSafeFetch, type SafeFetch, type SafeFetchOptions, type SafeRequest } from "./fetch/safe-fetch.ts"
export { type CspDirective, type CspDirectives, type CspSource, NONCE } from "./headers/csp.ts"
export type { CspOptions, HstsOptions, ReferrerPolicy, SecurityHeadersOptions } from "./headers/header-options.ts"
export { nonceOf, securityHeaders } from "./headers/security-headers.ts"
export { AdaptiveLimit, type AdaptiveOptions } from "./limits/adaptive-limit.ts"
export { type ConcurrencyOptions, concurrencyLimit } from "./limits/concurrency-limit.ts"
export type { KeyOptions } from "./limits/limit-key.ts"
export type { LimitPolicy } from "./limits/limit-policy.ts"
export { type RateLimitOptions, rateLimit } from "./limits/rate-limit.ts"
export { type ShedLoadOptions, shedLoad } from "./limits/shed-load.ts"
export { createSealer, type Sealer, type SealerOptions } from "./sealing/sealer.ts"
