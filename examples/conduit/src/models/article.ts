import { belongsTo, createdAt, hasMany, index, manyToMany, type RowOf, text, updatedAt, uuid } from "@ashlar/orm"
import { Comment } from "./comment.ts"
import { ConduitModel } from "./conduit-model.ts"
import { Favorite } from "./favorite.ts"
import { Tag } from "./tag.ts"
import { User } from "./user.ts"

export class Article extends ConduitModel {
  static readonly table = "articles"
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
  static readonly relations = {
    author: belongsTo(() => User),
    tags: hasMany(() => Tag),
    comments: hasMany(() => Comment),
    /** Whose favorite it is. */
    fans: manyToMany(() => User, { through: () => Favorite }),
  }
}
export type ArticleRow = RowOf<typeof Article>
