import { createdAt, index, Model, type RowOf, text, updatedAt, uuid } from "@ashlar/orm"
import { Db } from "../services.ts"
import { User } from "./user.ts"

export class Article extends Model {
  static readonly database = Db
  static readonly table = "articles"
  static readonly naming = "snake"
  static readonly columns = {
    id: uuid().primary(),
    /** Its address, made of the title. */
    slug: text(250).unique(),
    title: text(200),
    description: text(1_000),
    body: text(),
    authorId: uuid().references(() => User, { onDelete: "cascade" }),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  }
  static readonly indexes = [index("createdAt", "id"), index("authorId", "createdAt", "id")]
}
export type ArticleRow = RowOf<typeof Article>
