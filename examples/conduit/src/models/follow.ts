import { uuid } from "@ashlar/orm"
import { ConduitModel } from "./conduit-model.ts"
import { User } from "./user.ts"

/** Who follows whom. */
export class Follow extends ConduitModel {
  static readonly table = "follows"
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
