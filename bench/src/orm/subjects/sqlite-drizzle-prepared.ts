import { desc, eq, sql } from "drizzle-orm"
import { measure } from "../measure.ts"
import { PAGE, TITLE } from "../workload.ts"
import { open, posts, users } from "./sqlite-drizzle-tables.ts"

await measure(async (path) => {
  const { db, close } = open(path)
  const key = db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder("id")))
    .prepare()
  const values = {
    userId: sql.placeholder("userId"),
    title: sql.placeholder("title"),
    createdAt: sql.placeholder("createdAt"),
  }
  const insert = db.insert(posts).values(values).returning({ id: posts.id }).prepare()
  const list = db
    .select()
    .from(posts)
    .innerJoin(users, eq(users.id, posts.userId))
    .orderBy(desc(posts.id))
    .limit(PAGE)
    .prepare()
  return {
    key: (id) => key.get({ id }),
    insert: (userId, createdAt) => insert.get({ userId, title: TITLE, createdAt }),
    list: () => list.all(),
    close,
  }
})
