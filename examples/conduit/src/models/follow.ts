import { Model, uuid } from "@ashlar/orm"
import { Db } from "../services.ts"
import { User } from "./user.ts"

/** Who follows whom. */
export class Follow extends Model {
  static readonly database = Db
  static readonly table = "follows"
  static readonly naming = "snake"
  static readonly columns = {
    followerId: uuid()
      .primary({ generated: false })
      .references(() => User, { onDelete: "cascade" }),
    followedId: uuid()
      .primary({ generated: false })
      .references(() => User, { onDelete: "cascade" })
      .index(),
  }
}
