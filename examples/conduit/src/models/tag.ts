import { index, Model, text, uuid } from "@ashlar/orm"
import { Db } from "../services.ts"
import { Article } from "./article.ts"

/** A word that an article is tagged with. */
export class Tag extends Model {
  static readonly database = Db
  static readonly table = "tags"
  static readonly naming = "snake"
  static readonly columns = {
    articleId: uuid()
      .primary({ generated: false })
      .references(() => Article, { onDelete: "cascade" }),
    name: text(50).primary({ generated: false }),
  }
  static readonly indexes = [index("name", "articleId")]
}
