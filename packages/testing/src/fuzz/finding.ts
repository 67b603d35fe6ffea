/** What kind of promise an answer broke. */
export type FindingKind =
  /** A status of 500 or more that the route does not declare. */
  | "server-error"
  /** No answer within the time. */
  | "no-answer"
  /** What its schemas refuse was done all the same. */
  | "invalid-accepted"
  /** What its schemas take was refused as invalid. */
  | "valid-refused"
  /** The 422 points at something else than what is wrong. */
  | "pointer-wrong"
  /** An error that is no well-formed problem document. */
  | "problem-malformed"
  /** An error whose code the route does not declare. */
  | "error-undeclared"
  /** A status that the route does not declare. */
  | "status-undeclared"
  /** A body that does not fit the declared schema. */
  | "response-invalid"
  /** Something was written onto `Object.prototype`. */
  | "prototype-polluted"

/** An answer that breaks a promise, with the smallest request that was found to bring it. */
export interface Finding {
  readonly kind: FindingKind
  /** The route: its name, or `METHOD /path`. */
  readonly route: string
  /** What is wrong, in a sentence. */
  readonly message: string
  /** The command that sends the request. */
  readonly curl: string
  readonly status: number | undefined
  /** The answer's body, as far as it was read. */
  readonly body: string
  /** What was made wrong in the request, where something was. */
  readonly broken: string | undefined
  /** What the app itself reported, with the stack. */
  readonly cause: string | undefined
  /** The options that find it again, as long as the app's state is the same. */
  readonly replay: string
}

/** What one route was asked. */
export interface RouteCoverage {
  readonly route: string
  readonly requests: number
  /** Requests that its schemas took, and those they refused. */
  readonly valid: number
  readonly invalid: number
  /** How often each status came. */
  readonly statuses: Readonly<Record<number, number>>
}

/** What a run found. */
export interface FuzzReport {
  readonly seed: number
  readonly requests: number
  readonly routes: readonly RouteCoverage[]
  readonly findings: readonly Finding[]
  /** Routes that never answered with success: what lies behind them was not tried. */
  readonly neverSucceeded: readonly string[]
}

const MAX_BODY = 600

export function describeFinding({ kind, route, message, curl, status, body, broken, cause, replay }: Finding): string {
  return [
    `✗ ${route}: ${kind}`,
    `  ${message}`,
    ...(broken === undefined ? [] : [`  made wrong: ${broken}`]),
    `  ${curl}`,
    ...(status === undefined ? [] : [`  → ${status} ${body.slice(0, MAX_BODY)}`.trimEnd()]),
    ...(cause === undefined
      ? []
      : cause
          .split("\n")
          .slice(0, 8)
          .map((line) => `  | ${line}`)),
    `  again: ${replay}`,
  ].join("\n")
}

export function describeReport({ seed, requests, routes, findings }: FuzzReport): string {
  const head = `${findings.length} promises broken, in ${requests} requests to ${routes.length} routes (seed ${seed})`
  return [head, ...findings.map(describeFinding)].join("\n\n")
}
