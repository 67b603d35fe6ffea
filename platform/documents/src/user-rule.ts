import { CollectionInvalid } from "./errors.ts"
import { type Filter, parseFilter } from "./filter.ts"
import { readFields } from "./shape.ts"
import { quote } from "./text.ts"
import { isArray, isObject, type Json } from "./value.ts"

/** A user of the app, as rules know them. */
export interface RuleUser {
  readonly id: string
  readonly email: string
  readonly roles: readonly string[]
  /** What the project's servers say of the user. */
  readonly claims: Readonly<Record<string, unknown>>
  /** Whether the user's session has shown a second factor. */
  readonly mfa: boolean
}

/**
 * Lets users of the app in who have one of the roles, and have shown a second factor where the rule says so, to the documents for which the
 * filter holds. In `where` the texts `$user.id`, `$user.email`, `$user.roles`, `$user.mfa` and `$user.claims.<name>` stand for what is
 * known of the user.
 */
export interface UserRule {
  /** One of these will do. Absent: every user. */
  readonly roles?: readonly string[]
  /** Only sessions that have shown a second factor. Absent: every session. */
  readonly mfa?: true
  /** A filter, as queries have it. Absent: every document. */
  readonly where?: Readonly<Record<string, unknown>>
}

const MAX_ROLES = 32
const PLACEHOLDER = /^\$user\.(id|email|roles|mfa|claims\.([A-Za-z0-9_-]{1,64}))$/

/**
 * @param at The JSON pointer of the rule.
 * @throws {DOCUMENTS_COLLECTION_INVALID} @throws {DOCUMENTS_FIELD_UNKNOWN} @throws what filters throw, for `where`
 */
export function parseUserRule(input: object, at: string): UserRule {
  const { roles, mfa, where } = readFields(input, ["roles", "mfa", "where"], { at, refusal: CollectionInvalid })
  if (roles === undefined && mfa === undefined && where === undefined)
    throw invalid(at, 'roles, mfa or where, or the text "user"', input)
  // A rule that says false would read as if it kept somebody out.
  if (mfa !== undefined && mfa !== true) throw invalid(`${at}/mfa`, "true, or nothing", mfa)
  if (roles !== undefined && !isRoles(roles)) throw invalid(`${at}/roles`, `1 to ${MAX_ROLES} names of roles`, roles)
  if (where !== undefined) {
    if (!isObject(where)) throw invalid(`${at}/where`, "a filter", where)
    checkWhere(where, at)
  }
  return { ...(isRoles(roles) && { roles }), ...(mfa === true && { mfa }), ...(isObject(where) && { where }) }
}

function isRoles(input: unknown): input is readonly string[] {
  if (!isArray(input) || input.length === 0 || input.length > MAX_ROLES) return false
  return input.every((role) => typeof role === "string" && /^[\w.:-]{1,64}$/.test(role))
}

const LISTS: ReadonlySet<string> = new Set(["$in", "$nin", "$all"])

function checkWhere(where: object, at: string): void {
  const wrong = findPlaceholder(where, (text) => !PLACEHOLDER.test(text))
  if (wrong !== undefined) {
    throw invalid(`${at}/where`, "$user.id, $user.email, $user.roles, $user.mfa or $user.claims.<name>", wrong)
  }
  parseFilter(
    bind(where, (_, key) => (LISTS.has(key) ? ["x"] : "x")),
    `${at}/where`,
  )
}

function findPlaceholder(value: unknown, isWanted: (text: string) => boolean): string | undefined {
  if (typeof value === "string") return value.startsWith("$user") && isWanted(value) ? value : undefined
  if (typeof value !== "object" || value === null) return undefined
  for (const each of Object.values(value)) {
    const found = findPlaceholder(each, isWanted)
    if (found !== undefined) return found
  }
  return undefined
}

function invalid(at: string, expected: string, got: unknown): InstanceType<typeof CollectionInvalid> {
  return new CollectionInvalid(`Expected ${expected} at ${at}, got ${quote(got)}.`, { details: { pointer: at } })
}

/** Whether the user has what the rule asks of them; which documents they then reach is `filterFor`'s to say. */
export function meets({ roles, mfa }: UserRule, user: RuleUser): boolean {
  if (mfa === true && !user.mfa) return false
  return roles === undefined || roles.some((role) => user.roles.includes(role))
}

/**
 * The documents that the rule opens to this user. Undefined: all of them. A user of whom something that the rule names is not known,
 * or is no plain value, reaches none.
 */
export function filterFor({ where }: UserRule, user: RuleUser): Filter | undefined {
  if (where === undefined) return undefined
  try {
    return parseFilter(bind(where, (placeholder) => knownValue(placeholder, user)))
  } catch {
    // A claim that does not fit its place, as a text where a list belongs, opens nothing.
    return NOTHING
  }
}

const NOTHING: Filter = { op: "or", filters: [] }

type Resolve = (placeholder: string, key: string) => Json

/** The filter with values in the places of placeholders. `key` is the operator or the path that stands before a value. */
function bind(value: unknown, resolve: Resolve, key = ""): unknown {
  if (typeof value === "string") return value.startsWith("$user") ? resolve(value, key) : value
  if (isArray(value)) return value.map((each) => bind(each, resolve))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, bind(each, resolve, name)]))
}

/** Plain values and lists of them only: an object among the claims would be read as operators. */
function knownValue(placeholder: string, user: RuleUser): Json {
  const [, name, claim] = PLACEHOLDER.exec(placeholder) ?? []
  const value =
    claim !== undefined
      ? Object.hasOwn(user.claims, claim)
        ? user.claims[claim]
        : undefined
      : user[name as "id" | "email" | "roles" | "mfa"]
  const isPlain = (one: unknown): one is string | number | boolean =>
    typeof one === "string" || typeof one === "number" || typeof one === "boolean"
  if (isPlain(value)) return value
  if (isArray(value) && value.every(isPlain)) return value as readonly (string | number | boolean)[]
  throw new CollectionInvalid(`Nothing fits ${quote(placeholder)}.`)
}
