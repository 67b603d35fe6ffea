import { didYouMean } from "@ashlar/core"
import { CollectionInvalid, DocumentsForbidden } from "./errors.ts"
import { readFields } from "./shape.ts"
import { quote } from "./text.ts"
import { meets, parseUserRule, type RuleUser, type UserRule } from "./user-rule.ts"

export type Action = "read" | "create" | "update" | "delete"

/**
 * Who may: everybody; holders of a publishable key; users of the app; secret keys and the project's own functions; `null` is no key at
 * all. A {@link UserRule} is "user" with conditions, which bind users only.
 */
export type Access = "public" | "publishable" | "user" | "secret" | UserRule | null

/** Who may do what with the documents of a collection, by kind of caller. */
export type Rules = { readonly [A in Action]: Access }

/** A `member` is a person of the project; what a viewer may not do is the server's to decide. */
export type CallerKind = "anonymous" | "publishable" | "user" | "secret" | "function" | "member"

/** A user of the app is one whatever the key they come with: a server that passes on their token acts for them. */
export type RuleCaller = Exclude<CallerKind, "user"> | { readonly kind: "user"; readonly user: RuleUser }

export const actions: readonly Action[] = ["read", "create", "update", "delete"]

/** A collection without rules is closed to every key. */
export const closedRules: Rules = { read: null, create: null, update: null, delete: null }

const names = ["public", "publishable", "user", "secret"] as const
/** What a caller reaches, from none to all. A rule is open to a caller when its level is not above the caller's. */
const levels: Readonly<Record<Extract<Access, string>, number>> = { public: 0, publishable: 1, user: 2, secret: 3 }
const callerLevels: Readonly<Record<Exclude<CallerKind, "member">, number>> = {
  anonymous: 0,
  publishable: 1,
  user: 2,
  secret: 3,
  function: 3,
}

/**
 * Reads rules: `{ "read": "public", "create": "user", "update": { "where": { "owner": "$user.id" } } }`. What is left out keeps its value in `before`.
 *
 * @param before Default: all closed.
 * @throws {DOCUMENTS_FIELD_UNKNOWN} for another action. @throws {DOCUMENTS_COLLECTION_INVALID} for another level.
 */
export function parseRules(input: unknown, before: Rules = closedRules): Rules {
  if (input === undefined) return before
  const given = readFields(input, actions, { at: "/rules", refusal: CollectionInvalid })
  const rules: Record<Action, Access> = { ...before }
  for (const action of actions) {
    const access = given[action]
    if (access === undefined) continue
    if (typeof access === "object" && access !== null && !Array.isArray(access)) {
      rules[action] = parseUserRule(access, `/rules/${action}`)
      continue
    }
    if (access !== null && !(names as readonly unknown[]).includes(access)) {
      const hint = typeof access === "string" ? didYouMean(access, names) : `Known: ${names.join(", ")}.`
      throw new CollectionInvalid(
        `Expected a kind of caller or null at /rules/${action}, got ${quote(access)}. ${hint}`,
        {
          details: { pointer: `/rules/${action}` },
        },
      )
    }
    rules[action] = access as Access
  }
  return rules
}

/** True when the rules let this kind of caller do that. Members always may. */
export function isAllowed(rules: Rules, action: Action, caller: RuleCaller): boolean {
  if (caller === "member") return true
  const access = rules[action]
  if (access === null) return false
  if (typeof access === "string") return callerLevels[kindOf(caller)] >= levels[access]
  return typeof caller === "string" ? callerLevels[caller] > levels.user : meets(access, caller.user)
}

/** The conditions that bind this caller, if any. */
export function userRuleOf(rules: Rules, action: Action, caller: RuleCaller): UserRule | undefined {
  const access = rules[action]
  return typeof caller === "object" && typeof access === "object" && access !== null ? access : undefined
}

function kindOf(caller: Exclude<RuleCaller, "member">): Exclude<CallerKind, "member"> {
  return typeof caller === "string" ? caller : caller.kind
}

/**
 * Refuses what the rules do not allow.
 *
 * @throws {DOCUMENTS_FORBIDDEN} naming the rule to change.
 */
export function checkAllowed(
  collection: string,
  rules: Rules,
  { action, caller }: { action: Action; caller: RuleCaller },
): void {
  if (isAllowed(rules, action, caller)) return
  const needs = rules[action]
  const kind = typeof caller === "string" ? caller : caller.kind
  throw new DocumentsForbidden(
    `The rule "${action}" of the collection "${collection}" lets in ${holdersOf(needs)}; this caller is "${kind}". ` +
      `Change rules.${action} of the collection, or use another key.`,
    {
      details: {
        collection,
        rule: action,
        needs: typeof needs === "object" && needs !== null ? "user" : needs,
        caller: kind,
      },
    },
  )
}

/** Not the conditions themselves: what a rule asks of users is its project's own matter. */
function holdersOf(needs: Access): string {
  if (needs === null) return "no key, only members of the project"
  return typeof needs === "string" ? `callers of the kind "${needs}" and above` : "some users of the app"
}
