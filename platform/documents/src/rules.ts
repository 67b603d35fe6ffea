import { didYouMean } from "@ashlar/core"
import { CollectionInvalid, DocumentsForbidden } from "./errors.ts"
import { readFields } from "./shape.ts"
import { quote } from "./text.ts"

export type Action = "read" | "create" | "update" | "delete"

/** Who may: everybody; holders of a publishable key; secret keys and the project's own functions; `null` is no key at all. */
export type Access = "public" | "publishable" | "secret" | null

/** Who may do what with the documents of a collection, by kind of caller. */
export type Rules = { readonly [A in Action]: Access }

/** A `member` is a person of the project; what a viewer may not do is the server's to decide. */
export type CallerKind = "anonymous" | "publishable" | "secret" | "function" | "member"

export const actions: readonly Action[] = ["read", "create", "update", "delete"]

/** A collection without rules is closed to every key. */
export const closedRules: Rules = { read: null, create: null, update: null, delete: null }

const names = ["public", "publishable", "secret"] as const
/** What a caller reaches, from none to all. A rule is open to a caller when its level is not above the caller's. */
const levels: Readonly<Record<NonNullable<Access>, number>> = { public: 0, publishable: 1, secret: 2 }
const callerLevels: Readonly<Record<Exclude<CallerKind, "member">, number>> = {
  anonymous: 0,
  publishable: 1,
  secret: 2,
  function: 2,
}

/**
 * Reads rules: `{ "read": "public", "create": "secret" }`. What is left out keeps its value in `before`.
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
export function isAllowed(rules: Rules, action: Action, caller: CallerKind): boolean {
  if (caller === "member") return true
  const access = rules[action]
  return access !== null && callerLevels[caller] >= levels[access]
}

/**
 * Refuses what the rules do not allow.
 *
 * @throws {DOCUMENTS_FORBIDDEN} naming the rule to change.
 */
export function checkAllowed(
  collection: string,
  rules: Rules,
  { action, caller }: { action: Action; caller: CallerKind },
): void {
  if (isAllowed(rules, action, caller)) return
  const needs = rules[action]
  const holders = needs === null ? "no key, only members of the project" : `callers of the kind "${needs}" and above`
  throw new DocumentsForbidden(
    `The rule "${action}" of the collection "${collection}" lets in ${holders}; this caller is "${caller}". ` +
      `Change rules.${action} of the collection, or use another key.`,
    { details: { collection, rule: action, needs, caller } },
  )
}
