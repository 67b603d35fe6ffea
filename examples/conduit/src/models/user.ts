import { createdAt, hasMany, manyToMany, type RowOf, text, updatedAt, uuid } from "@ashlar/orm"
import { Article } from "./article.ts"
import { ConduitModel } from "./conduit-model.ts"
import { Follow } from "./follow.ts"

export class User extends ConduitModel {
  static readonly table = "users"
  static readonly columns = {
    id: uuid().primary(),
    username: text(60).unique(),
    /** In lower case. */
    email: text(254).unique(),
    /** An Argon2id hash. */
    password: text(200).hidden(),
    bio: text(2_000).nullable(),
    image: text(2_000).nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  }
  static readonly relations = {
    articles: hasMany(() => Article),
    followers: manyToMany(() => User, { through: () => Follow, foreignKey: "followedId", relatedKey: "followerId" }),
  }
}
export type UserRow = RowOf<typeof User>
