import type { RequestContext } from "../context/request-context.ts"
import { createEndpoint, type Endpoint } from "../endpoint.ts"
import { Failure } from "../failure.ts"
import type { Result } from "../reply/reply.ts"
import type { Step } from "../step.ts"
import type { RouteRecord } from "../table.ts"
import type { VersionPolicy } from "./version-mark.ts"

/** How the routes of a request's choice are found: by the mark of their version's layer. */
export function policyOf({ layers, version }: RouteRecord): VersionPolicy | undefined {
  return version === undefined ? undefined : layers.find((one) => one.version !== undefined)!.version!.policy
}

/** Whether a route shares its path and method with other versions. */
export function isChosen(record: RouteRecord): boolean {
  return policyOf(record)?.isByPath === false
}

/** Makes the endpoint that answers in the place of a route, through the app's own layers. */
export type Refusal = (record: RouteRecord, handler: (ctx: RequestContext) => Result) => Endpoint

/**
 * One endpoint for the versions of one path and method: it looks which one a request is for, and goes on as that. Requests
 * for none of them are answered through `refuse`, which passes the app's own layers.
 */
export function sideBySide(endpoints: readonly [Endpoint, ...Endpoint[]], refuse: Refusal): Endpoint {
  const [first] = endpoints
  const policy = policyOf(first.record)!
  const byVersion = new Map(endpoints.map((one) => [one.record.version!, one]))
  const served = [...byVersion.keys()]
  const refusal = refuse(first.record, (ctx) => policy.choose(ctx, served))
  const run: Step = (ctx) => {
    const version = policy.choose(ctx, served)
    ctx.endpoint = version instanceof Failure ? refusal : byVersion.get(version)!
    return (ctx.endpoint.run as Step)(ctx)
  }
  const isSameEverywhere = endpoints.every(({ record }) => record.path === first.record.path)
  return Object.assign(createEndpoint(first.record, run), { isOurs: !isSameEverywhere })
}

/** What path versions say of a path that nobody serves. */
export function createVersionExplainer(
  records: readonly RouteRecord[],
): ((path: string) => Failure | undefined) | undefined {
  const bases = new Map<VersionPolicy, Set<string>>()
  for (const record of records) {
    const policy = policyOf(record)
    if (policy === undefined || !policy.isByPath) continue
    bases.set(policy, (bases.get(policy) ?? new Set()).add(record.path))
  }
  if (bases.size === 0) return undefined
  const known = [...bases].map(([policy, paths]) => [policy, [...paths]] as const)
  return (path) => {
    for (const [policy, paths] of known) {
      const failure = policy.explain(path, paths)
      if (failure !== undefined) return failure
    }
    return undefined
  }
}
