import {
  Model,
  type ModelClass,
  type ModelEntry,
  type NewRow,
  OrmUniqueViolation,
  type Queryable,
  type RowOf,
  text,
} from "@ashlar/orm"
import type { AccountUser, AccountUsers } from "../accounts/account-users.ts"
import { AuthSetupInvalid } from "../errors.ts"
import { type AccountColumns, accountColumns } from "./account-columns.ts"

/** A model with the columns of `accountColumns`, and a key of text: `uuid()`, or `text()`. */
export type AccountModel = ModelClass & {
  readonly columns: { readonly id: { readonly "~t": string } } & {
    readonly [K in keyof AccountColumns]: { readonly "~t": AccountColumns[K]["~t"] }
  }
}

export interface ModelUsersOptions<M extends AccountModel> {
  /** The database, of a model that names none itself. */
  readonly in?: Queryable
  /** What else a new row has, of an address that was just proven. Absent: nobody gets an account by a link. */
  readonly create?: (email: string) => Omit<NewRow<M>, keyof AccountColumns>
  /** The roles of a row. Default: none. @example rolesOf: (user) => [user.role] */
  readonly rolesOf?: (row: RowOf<M>) => readonly string[]
  /** Whether a row may come in. Default: every row. @example isAllowed: (user) => user.blockedAt === null */
  readonly isAllowed?: (row: RowOf<M>) => boolean
  /**
   * Somebody proved the address of an account that somebody else may have set up: what that one left and this adapter does not know
   * (linked identities, API keys) must go. It runs before the address counts as proven. Default: there is nothing else.
   */
  readonly onClaim?: (id: string) => Promise<unknown>
}

/**
 * The users of accounts, of a model.
 *
 * @throws {AUTH_SETUP_INVALID} when the model lacks a column.
 * @example
 * class User extends Model {
 *   static table = "users"
 *   static database = db
 *   static columns = { id: uuid().primary(), ...accountColumns(), role: enumeration(["member", "admin"]).default("member") }
 * }
 * const users = modelUsers(User, { create: () => ({}), rolesOf: (user) => [user.role] })
 */
export function modelUsers<M extends AccountModel>(model: M, options: ModelUsersOptions<M> = {}): AccountUsers {
  const { create, rolesOf, isAllowed = () => true, onClaim } = options
  for (const name of ["id", ...Object.keys(accountColumns())])
    if (!Object.hasOwn(model.columns, name))
      throw new AuthSetupInvalid(`Expected the model ${model.name} to have a column ${name}: spread accountColumns().`)
  // Every model that fits has what this one has: its own columns are for the functions of the options.
  const shape = model as unknown as typeof Shape
  const rows: Pick<ModelEntry<typeof Shape>, "query" | "find" | "create"> = options.in === undefined
    ? shape
    : shape.in(options.in)
  const userOf = (row: RowOf<typeof Shape> | undefined): AccountUser | undefined => {
    const whole = row as unknown as RowOf<M>
    if (row === undefined || !isAllowed(whole)) return undefined
    const { id, email, emailVerifiedAt } = row
    return { id, email, isVerified: emailVerifiedAt !== null, ...(rolesOf && { roles: rolesOf(whole) }) }
  }
  return {
    find: async (id) => userOf(await rows.find(id)),
    findByEmail: async (email) => userOf(await rows.query().where("email", email).first()),
    ...(create && {
      create: async (email) => userOf(await rows.create({ ...create(email), email } as NewRow<typeof Shape>))!,
    }),
    async markVerified(id, { email, isClaim }) {
      if (isClaim) await onClaim?.(id)
      const changes = { emailVerifiedAt: new Date(), ...(isClaim && { passwordHash: null }) }
      await rows.query().where("id", id).where("email", email).update(changes)
    },
    async changeEmail(id, { from, to }) {
      try {
        const changes = { email: to, emailVerifiedAt: new Date() }
        return (await rows.query().where("id", id).where("email", from).update(changes)) === 1
      } catch (error) {
        // Somebody else has it by now.
        if (error instanceof OrmUniqueViolation) return false
        throw error
      }
    },
    async passwordHash(id) {
      const row = await rows.query().where("id", id).select("id", "passwordHash").first()
      return row?.passwordHash ?? undefined
    },
    setPasswordHash: (id, passwordHash) => rows.query().where("id", id).update({ passwordHash }),
  }
}

class Shape extends Model {
  static table = "shape"
  static columns = { id: text(64).primary(), ...accountColumns() }
}
