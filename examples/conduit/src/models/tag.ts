import { index, text, uuid } from "@ashlar/orm"
import { Article } from "./article.ts"
import { ConduitModel } from "./conduit-model.ts"

/** A word that an article is tagged with. */
export class Tag extends ConduitModel {
  static readonly table = "tags"
  static readonly columns = {
    articleId: uuid()
      .primary({ generated: false })
      .references(() => Article, { onDelete: "cascade" }),
    name: text(50).primary({ generated: false }),
  }
  static readonly indexes = [index("name", "articleId")]
}
