import { createdAt, integer, Model, type RowOf, text, updatedAt, uuid } from "@ashlar/orm"
import { Db } from "../services.ts"
import { Article } from "./article.ts"
import { User } from "./user.ts"

export class Comment extends Model {
  static readonly database = Db
  static readonly table = "comments"
  static readonly naming = "snake"
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
}
export type CommentRow = RowOf<typeof Comment>
