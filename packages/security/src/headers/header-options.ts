import type { CspDirectives } from "./csp.ts"

export interface CspOptions {
  /** On top of the defaults: a directive replaces the default of its name, `false` takes it away. */
  readonly directives?: CspDirectives
  /** Begin with the defaults. Default: yes. */
  readonly useDefaults?: boolean
}

export interface HstsOptions {
  /** How long browsers come by HTTPS only, in seconds: 0 to 63,072,000. 0 takes it back. Default: 31,536,000, a year. */
  readonly maxAgeSeconds?: number
  /** Also for all hosts below this one. Default: yes. */
  readonly includeSubDomains?: boolean
  /** Asks to be put on browsers' lists; needs a year and all hosts below. Default: not. */
  readonly preload?: boolean
}

export type ReferrerPolicy =
  | "no-referrer"
  | "no-referrer-when-downgrade"
  | "origin"
  | "origin-when-cross-origin"
  | "same-origin"
  | "strict-origin"
  | "strict-origin-when-cross-origin"
  | "unsafe-url"

/** `false` leaves a header out, and takes away what an outer layer says of it. */
export interface SecurityHeadersOptions {
  /** Default: Helmet's policy. */
  readonly contentSecurityPolicy?: CspOptions | false
  /** A policy that is only reported on, beside the one that holds. It has no defaults. Default: none. */
  readonly contentSecurityPolicyReportOnly?: CspDirectives | false
  /** Where reports go, by the names that `report-to` uses. URLs of this site, or https. Default: none. */
  readonly reportingEndpoints?: Readonly<Record<string, string>> | false
  /**
   * Who may use what of the browser: `[]` is nobody, `"*"` everybody, else `self` and origins. Default: none.
   * @example permissionsPolicy: { camera: [], geolocation: ["self", "https://maps.example.com"] }
   */
  readonly permissionsPolicy?: Readonly<Record<string, "*" | readonly string[]>> | false
  /** Default: `same-origin`. */
  readonly crossOriginOpenerPolicy?:
    | "same-origin"
    | "same-origin-allow-popups"
    | "noopener-allow-popups"
    | "unsafe-none"
    | false
  /** Default: none. */
  readonly crossOriginEmbedderPolicy?: "require-corp" | "credentialless" | "unsafe-none" | false
  /** Default: `same-origin`. Answers that pages of other sites embed need `cross-origin`. */
  readonly crossOriginResourcePolicy?: "same-origin" | "same-site" | "cross-origin" | false
  /** Default: a year, with all hosts below. Browsers look at it over HTTPS only. */
  readonly strictTransportSecurity?: HstsOptions | false
  /** Default: `no-referrer`. */
  readonly referrerPolicy?: ReferrerPolicy | readonly ReferrerPolicy[] | false
  /** `X-Frame-Options`, for browsers that know no `frame-ancestors`. Default: `SAMEORIGIN`. */
  readonly frameOptions?: "DENY" | "SAMEORIGIN" | false
  /** `X-Content-Type-Options: nosniff`. Default: yes. */
  readonly noSniff?: boolean
  /** `Origin-Agent-Cluster: ?1`. Default: yes. */
  readonly originAgentCluster?: boolean
  /** `X-DNS-Prefetch-Control`. Default: `off`. */
  readonly dnsPrefetchControl?: "on" | "off" | false
  /** `X-Download-Options: noopen`. Default: yes. */
  readonly downloadOptions?: boolean
  /** `X-Permitted-Cross-Domain-Policies`. Default: `none`. */
  readonly permittedCrossDomainPolicies?: "none" | "master-only" | "by-content-type" | "all" | false
  /** `X-XSS-Protection: 0`, which ends a filter of old browsers that could be turned against pages. Default: yes. */
  readonly xssProtection?: boolean
}
