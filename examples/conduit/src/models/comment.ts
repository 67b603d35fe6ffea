import { belongsTo, createdAt, integer, type RowOf, text, updatedAt, uuid } from "@ashlar/orm"
import { Article } from "./article.ts"
import { ConduitModel } from "./conduit-model.ts"
import { User } from "./user.ts"

export class Comment extends ConduitModel {
  static readonly table = "comments"
  static readonly columns = {
    id: integer().primary(),
    articleId: uuid()
      .references(() => Article, { onDelete: "cascade" })
      .index(),
    authorId: uuid().references(() => User, { onDelete: "cascade" }),
    body: text(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  }
  static readonly relations = { author: belongsTo(() => User) }
}
export type CommentRow = RowOf<typeof Comment>
