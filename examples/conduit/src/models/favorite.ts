import { uuid } from "@ashlar/orm"
import { Article } from "./article.ts"
import { ConduitModel } from "./conduit-model.ts"
import { User } from "./user.ts"

/** Whose favorite an article is. */
export class Favorite extends ConduitModel {
  static readonly table = "favorites"
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
