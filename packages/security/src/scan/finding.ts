import { createHash } from "node:crypto"

export const SEVERITIES = ["low", "medium", "high", "critical"] as const
export type Severity = (typeof SEVERITIES)[number]

/** Where something was found: a line of a file, a header of a URL, a route. */
export interface Place {
  /** Relative to the folder that was scanned, with `/`. */
  readonly file?: string
  readonly line?: number
  readonly url?: string
  /** `POST /users` */
  readonly route?: string
}

export interface Finding {
  readonly rule: RuleId
  readonly severity: Severity
  readonly message: string
  /** What to do about it. */
  readonly fix: string
  readonly place: Place
  /** The same from one scan to the next while the finding is, also when lines move. It tells nothing of a secret. */
  readonly fingerprint: string
}

export interface ScanRule {
  readonly title: string
  readonly severity: Severity
  readonly fix: string
}

export type RuleId =
  | "secret/known"
  | "secret/entropy"
  | "config/env-file"
  | "config/tls-off"
  | "config/container-root"
  | "dependency/vulnerable"
  | "header/no-csp"
  | "header/weak-csp"
  | "header/no-hsts"
  | "header/no-nosniff"
  | "header/framing"
  | "header/banner"
  | "header/cookie"
  | "header/cors"
  | "header/no-tls"
  | "route/no-auth"
  | "route/open-admin"
  | "route/no-schema"
  | "route/no-limit"
  | "route/no-csrf"
  | "route/no-timeout"

/** What is looked for. */
export const scanRules: Readonly<Record<RuleId, ScanRule>> = {
  "secret/known": {
    title: "A key or token in a file",
    severity: "critical",
    fix: "Revoke it, take it out of the file and of the history, and read it from the environment or a vault.",
  },
  "secret/entropy": {
    title: "A random text under the name of a secret",
    severity: "high",
    fix: "Read it from the environment or a vault, and change it.",
  },
  "config/env-file": {
    title: "A file of environment variables among the tracked files",
    severity: "high",
    fix: "Take it out with git rm --cached, add it to .gitignore, and change what was in it. Keep a .env.example without values.",
  },
  "config/tls-off": {
    title: "Certificates are not checked",
    severity: "high",
    fix: "Trust the certificate's issuer instead: NODE_EXTRA_CA_CERTS, or `ca` of the connection.",
  },
  "config/container-root": {
    title: "A container runs as root",
    severity: "medium",
    fix: "Add a USER of its own before the last command.",
  },
  "dependency/vulnerable": {
    title: "A dependency with a known weakness",
    severity: "high",
    fix: "Update it to a version in which it is mended.",
  },
  "header/no-csp": {
    title: "No Content-Security-Policy",
    severity: "medium",
    fix: "Add securityHeaders() of @ashlar/security to the app.",
  },
  "header/weak-csp": {
    title: "A Content-Security-Policy that lets any script run",
    severity: "medium",
    fix: "Take 'unsafe-inline', 'unsafe-eval' and * out of script-src; use NONCE.",
  },
  "header/no-hsts": {
    title: "No Strict-Transport-Security",
    severity: "medium",
    fix: "Add securityHeaders() of @ashlar/security to the app.",
  },
  "header/no-nosniff": {
    title: "Browsers may guess types",
    severity: "low",
    fix: "Send X-Content-Type-Options: nosniff, as securityHeaders() does.",
  },
  "header/framing": {
    title: "Pages of others may frame this one",
    severity: "medium",
    fix: "Send frame-ancestors or X-Frame-Options, as securityHeaders() does.",
  },
  "header/banner": { title: "The answer names its software", severity: "low", fix: "Take the header away." },
  "header/cookie": {
    title: "A cookie without its attributes",
    severity: "high",
    fix: "Set it with ctx.cookies, which are Secure, HttpOnly and SameSite=Lax.",
  },
  "header/cors": {
    title: "Pages of any origin may read answers with cookies",
    severity: "critical",
    fix: 'Name the origins: cors({ origins: ["https://app.example.com"], credentials: true }).',
  },
  "header/no-tls": {
    title: "The app speaks plain HTTP beyond this machine",
    severity: "high",
    fix: "Put it behind TLS, and redirect to https.",
  },
  "route/no-auth": {
    title: "Anybody may change something",
    severity: "high",
    fix: "Put a guard in front of it, or say `meta: { public: true }` where it is meant for everybody.",
  },
  "route/open-admin": {
    title: "Anybody may read what is for operators",
    severity: "high",
    fix: "Put a guard in front of it.",
  },
  "route/no-schema": {
    title: "A body that is not checked",
    severity: "medium",
    fix: "Give the route a `body` schema.",
  },
  "route/no-limit": {
    title: "Anybody may try as often as they like",
    severity: "medium",
    fix: "Add a rateLimit layer to it.",
  },
  "route/no-csrf": {
    title: "Pages of other sites may act with a user's cookie",
    severity: "high",
    fix: "Add csrf() of @ashlar/security to the app.",
  },
  "route/no-timeout": {
    title: "Answers may take as long as they take",
    severity: "low",
    fix: "Give the app a timeoutMs.",
  },
}

/** @param mark What tells it from others of its rule, in place of a line's number. Hashed. */
export function findingOf(
  rule: RuleId,
  {
    message,
    place,
    mark,
    severity,
    fix,
  }: {
    readonly message: string
    readonly place: Place
    readonly mark: string
    readonly severity?: Severity
    readonly fix?: string
  },
): Finding {
  const known = scanRules[rule]
  const { file = "", url = "", route } = place
  // A route is the same wherever it is written.
  const where = route ?? file
  const fingerprint = createHash("sha256").update([rule, where, url, mark].join("\n")).digest("hex").slice(0, 32)
  return { rule, severity: severity ?? known.severity, message, fix: fix ?? known.fix, place, fingerprint }
}

/** The worst first, then by place. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  const rank = ({ severity }: Finding) => -SEVERITIES.indexOf(severity)
  const text = ({ rule, place: { file = "", url = "", route = "" } }: Finding) => `${file}${url}${route} ${rule}`
  const line = ({ place }: Finding) => place.line ?? 0
  return [...findings].sort(
    (a, b) => rank(a) - rank(b) || (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : line(a) - line(b)),
  )
}
