import { Model, uuid } from "@ashlar/orm"
import { Db } from "../services.ts"
import { Article } from "./article.ts"
import { User } from "./user.ts"

/** Whose favorite an article is. */
export class Favorite extends Model {
  static readonly database = Db
  static readonly table = "favorites"
  static readonly naming = "snake"
  static readonly columns = {
    userId: uuid()
      .primary({ generated: false })
      .references(() => User, { onDelete: "cascade" }),
    articleId: uuid()
      .primary({ generated: false })
      .references(() => Article, { onDelete: "cascade" })
      .index(),
  }
}
