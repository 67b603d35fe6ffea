import { belongsTo, type Database, integer, Model, text } from "@ashlar/orm"
import { PAGE, type Subject, TITLE } from "../workload.ts"

class User extends Model {
  static table = "users"
  static columns = { id: integer().primary(), name: text(), email: text() }
}

class Post extends Model {
  static table = "posts"
  static naming = "snake" as const
  static columns = {
    id: integer().primary(),
    userId: integer().references(() => User),
    title: text(),
    createdAt: integer(),
  }
  static relations = { author: belongsTo(() => User, { foreignKey: "userId" }) }
}

export function ashlarSubject(db: Database): Subject {
  Object.assign(User, { database: db })
  Object.assign(Post, { database: db })
  return {
    key: (id) => User.find(id),
    insert: (userId, createdAt) => Post.create({ userId, title: TITLE, createdAt }),
    list: () => Post.query().with("author").orderBy("id", "desc").limit(PAGE).get(),
    close: () => db.close(),
  }
}
