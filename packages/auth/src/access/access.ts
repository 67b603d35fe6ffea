import type { DeclaredBy } from "@ashlar/core"
import { type BaseContext, type Failure, fail, type Layer, layer, type NeedsCarrier, NotFound } from "@ashlar/http"
import type { AuthAudit } from "../audit/auth-audit.ts"
import { AuthForbidden, AuthSetupInvalid, CredentialsMissing } from "../errors.ts"
import type { Actor, AnyPrincipal } from "../principal.ts"
import { covers, isPattern } from "./pattern.ts"
import { compileRoles, type Role } from "./roles.ts"

/** What decides beyond roles, about one resource. Pure: it asks no database, so that a decision is quick and can be explained. */
export interface Policy<Resource, Where = never> {
  /** Grants the action to those whom no role grants it. */
  readonly allow?: (principal: AnyPrincipal, resource: Resource) => boolean
  /** Refuses it, whoever grants it. */
  readonly deny?: (principal: AnyPrincipal, resource: Resource) => boolean
  /** The same as a condition of queries: `granted` says whether a role grants the action. */
  readonly where?: (principal: AnyPrincipal, granted: boolean) => Where | "all" | "none"
}

/** A policy, typed by its resource. @example definePolicy<Post>()({ allow: (principal, post) => post.authorId === principal.id }) */
export function definePolicy<Resource>(): <Where = never>(policy: Policy<Resource, Where>) => Policy<Resource, Where> {
  return (policy) => policy
}

/** Why something may be done, or may not. */
export interface Decision {
  readonly allowed: boolean
  readonly action: string
  readonly principal: Pick<AnyPrincipal, "id" | "kind" | "method"> & { readonly actor?: Actor }
  /** What decided: `role editor`, `permission posts:*`, `policy`, `scopes`, `nothing`. */
  readonly by: string
  /** A sentence for people. */
  readonly reason: string
}

/** By action. */
type Policies = Readonly<Record<string, Policy<never, unknown>>>
type OnlyOf<A extends string, P> = { readonly [K in Exclude<keyof P, A>]: never }
type ResourceOf<P> =
  P extends Policy<infer R, never> ? R : P extends { allow?: (p: never, resource: infer R) => boolean } ? R : never
type WhereOf<P> = P extends { where?: (...args: never) => infer W } ? Exclude<W, "all" | "none"> : never
/** An action with a policy needs its resource. */
type ResourceArgs<P, K> = K extends keyof P ? [resource: ResourceOf<P[K]>] : []

export interface AccessOptions<A extends string, R extends string, P extends Policies> {
  /** All that can be done, by name: `posts:read`. */
  readonly actions: readonly A[]
  /** What each role allows. Patterns: `posts:*`, `*`. */
  readonly roles: Readonly<Record<R, Role<NoInfer<A>, NoInfer<R>>>>
  readonly policies?: P & OnlyOf<A, P>
  /** Told of every decision of `can`, `check` and `authorize`, before it counts: what it throws refuses. */
  readonly onDecision?: (decision: Decision) => void
  /** Writes decisions into the audit log, in bounds: what `createAuthAudit` gives. */
  readonly audit?: Pick<AuthAudit, "decided">
}

export interface Access<A extends string, P extends Policies> {
  readonly actions: readonly A[]
  can<K extends A>(principal: AnyPrincipal, action: K, ...resource: ResourceArgs<P, K>): boolean
  /** The same with what decided. Tells nobody. */
  explain<K extends A>(principal: AnyPrincipal, action: K, ...resource: ResourceArgs<P, K>): Decision
  /** @throws {AUTH_FORBIDDEN} when it may not. */
  check<K extends A>(principal: AnyPrincipal, action: K, ...resource: ResourceArgs<P, K>): void
  /** Of which resources it may: all, none, or those that a condition is true of. @throws {AUTH_SETUP_INVALID} for a policy without `where`. */
  filter<K extends A>(principal: AnyPrincipal, action: K): "all" | "none" | WhereOf<P[K & keyof P]>
  /**
   * A layer that lets those pass who may: 403 for others, 401 for nobody. `resource` finds what it is about; where it finds nothing the answer
   * is 404.
   */
  authorize<K extends A>(
    action: K,
    ...resource: K extends keyof P ? [find: (ctx: BaseContext) => Found<ResourceOf<P[K]>>] : []
  ): Layer<unknown, DeclaredBy<typeof AuthForbidden | typeof CredentialsMissing | typeof NotFound>> &
    NeedsCarrier<{ readonly principal: AnyPrincipal }>
  /** Whether one may do all, by roles and permissions, that another may. */
  outranks(principal: AnyPrincipal, other: AnyPrincipal): boolean
}
type Found<R> = R | undefined | Promise<R | undefined>

/**
 * What everybody may do: actions, roles that allow them, and policies about single resources. Nothing is allowed that nobody allows; a
 * `deny` wins over every grant; scopes of a token or key limit all.
 *
 * @throws {AUTH_SETUP_INVALID} for roles in a circle, patterns that mean no action, and names that there are not.
 * @example
 * const access = defineAccess({
 *   actions: ["posts:read", "posts:write"],
 *   roles: { reader: { allow: ["posts:read"] }, editor: { extends: ["reader"], allow: ["posts:*"] } },
 *   policies: { "posts:write": definePolicy<Post>()({ allow: (principal, post) => post.authorId === principal.id }) },
 * })
 * access.can(ctx.principal, "posts:write", post)
 */
export function defineAccess<
  const A extends string,
  const R extends string,
  const P extends Policies = Record<never, never>,
>(options: AccessOptions<A, R, P>): Access<A, P> {
  const { actions, onDecision, audit } = options
  // Each is called with what its own action is about, as the types of `can` and its kin hold.
  const policies = new Map(
    Object.entries((options.policies ?? {}) as Readonly<Record<string, Policy<unknown, unknown>>>),
  )
  if (actions.length === 0 || actions.length > 10_000) throw new AuthSetupInvalid("Expected 1 to 10,000 actions.")
  for (const action of actions)
    if (!isPattern(action) || action.includes("*"))
      throw new AuthSetupInvalid(`Expected actions such as "posts:read", got ${JSON.stringify(action)}.`)
  for (const name of policies.keys())
    if (!(actions as readonly string[]).includes(name))
      throw new AuthSetupInvalid(`Expected policies of actions, got one of "${name}".`)
  const judge = new Judge({ actions, roles: compileRoles(actions, options.roles), policies })
  const decide = (principal: AnyPrincipal, action: string, resource: readonly unknown[]): Decision => {
    const decision = judge.decide(principal, action, resource[0])
    onDecision?.(decision)
    audit?.decided(decision)
    return decision
  }
  return {
    actions,
    can: (principal, action, ...resource) => decide(principal, action, resource).allowed,
    explain: (principal, action, ...resource) => judge.decide(principal, action, resource[0]),
    check(principal, action, ...resource) {
      if (!decide(principal, action, resource).allowed) throw new AuthForbidden(undefined, { details: { action } })
    },
    filter: (principal, action) => judge.filter(principal, action) as never,
    authorize: (action, ...find) => authorize(action, find[0] as Find | undefined, decide),
    outranks: (principal, other) =>
      actions.every((action) => !judge.grants(other, action) || judge.grants(principal, action) !== undefined),
  }
}

type Find = (ctx: BaseContext) => unknown
type Decide = (principal: AnyPrincipal, action: string, resource: readonly unknown[]) => Decision

function authorize(
  action: string,
  find: Find | undefined,
  decide: Decide,
): ReturnType<Access<string, Policies>["authorize"]> {
  const judged = (principal: AnyPrincipal, resource: readonly unknown[]): Failure | undefined =>
    decide(principal, action, resource).allowed ? undefined : fail(AuthForbidden, AuthForbidden.summary, { action })
  const before = (ctx: BaseContext & { readonly principal?: AnyPrincipal }) => {
    const { principal } = ctx
    if (principal === undefined) return fail(CredentialsMissing)
    if (find === undefined) return judged(principal, [])
    const settle = (resource: unknown) =>
      resource === undefined || resource === null ? fail(NotFound) : judged(principal, [resource])
    const found = find(ctx)
    return found instanceof Promise ? found.then(settle) : settle(found)
  }
  const errors =
    find === undefined ? [AuthForbidden, CredentialsMissing] : [AuthForbidden, CredentialsMissing, NotFound]
  return layer({ name: `authorize(${action})`, errors, meta: { action }, before: before as () => undefined }) as never
}

interface Law {
  readonly actions: readonly string[]
  readonly roles: ReadonlyMap<string, ReadonlySet<string>>
  readonly policies: ReadonlyMap<string, Policy<unknown, unknown>>
}

class Judge {
  readonly #law: Law
  readonly #actions: ReadonlySet<string>

  constructor(law: Law) {
    this.#law = law
    this.#actions = new Set(law.actions)
  }

  decide(principal: AnyPrincipal, action: string, resource: unknown): Decision {
    const { id, kind, method, actor } = principal
    const who = { id, kind, method, ...(actor !== undefined && { actor }) }
    const told = (allowed: boolean, by: string, reason: string): Decision => ({
      allowed,
      action,
      principal: who,
      by,
      reason,
    })
    if (!this.#actions.has(action)) return told(false, "nothing", "There is no such action.")
    if (!this.#isInScope(principal, action)) return told(false, "scopes", `The credentials were not granted ${action}.`)
    const policy = this.#law.policies.get(action)
    if (policy !== undefined && resource === undefined && (policy.allow ?? policy.deny) !== undefined)
      return told(false, "policy", "The policy of this action needs a resource.")
    if (policy?.deny?.(principal, resource) === true) return told(false, "policy", "A policy refuses it.")
    const by = this.grants(principal, action)
    if (by !== undefined) return told(true, by, `It is allowed by ${by}.`)
    if (policy?.allow?.(principal, resource) === true) return told(true, "policy", "A policy allows it.")
    return told(false, "nothing", "No role, permission or policy allows it.")
  }
  filter(principal: AnyPrincipal, action: string): unknown {
    if (!this.#actions.has(action) || !this.#isInScope(principal, action)) return "none"
    const isGranted = this.grants(principal, action) !== undefined
    const policy = this.#law.policies.get(action)
    if (policy?.where !== undefined) return policy.where(principal, isGranted)
    if ((policy?.allow ?? policy?.deny) !== undefined)
      throw new AuthSetupInvalid(`Expected the policy of ${action} to have \`where\`, so that queries can be filtered.`)
    return isGranted ? "all" : "none"
  }
  /** What grants an action whatever it is about: a role, or a permission. */
  grants({ roles, permissions }: AnyPrincipal, action: string): string | undefined {
    const role = roles.find((name) => this.#law.roles.get(name)?.has(action) === true)
    if (role !== undefined) return `role ${role}`
    const permission = permissions.find((pattern) => covers(pattern, action))
    return permission === undefined ? undefined : `permission ${permission}`
  }
  #isInScope({ scopes }: AnyPrincipal, action: string): boolean {
    return scopes === undefined || scopes.some((pattern) => covers(pattern, action))
  }
}
