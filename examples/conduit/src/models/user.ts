import { createdAt, Model, type RowOf, text, updatedAt, uuid } from "@ashlar/orm"
import { Db } from "../services.ts"

export class User extends Model {
  static readonly database = Db
  static readonly table = "users"
  static readonly naming = "snake"
  static readonly columns = {
    id: uuid().primary(),
    username: text(60).unique(),
    /** In lower case. */
    email: text(254).unique(),
    /** An Argon2id hash. */
    password: text(200).hidden(),
    bio: text(2_000).nullable(),
    image: text(2_000).nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  }
}
export type UserRow = RowOf<typeof User>
