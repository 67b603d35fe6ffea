import { desc, eq, sql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/node-postgres"
import { measure } from "../measure.ts"
import { PAGE, TITLE } from "../workload.ts"
import { openPool } from "./pg-pool.ts"
import { posts, users } from "./postgres-drizzle-tables.ts"

await measure(async (url) => {
  const pool = openPool(url)
  const db = drizzle({ client: pool })
  const key = db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder("id")))
    .prepare("key")
  const values = {
    userId: sql.placeholder("userId"),
    title: sql.placeholder("title"),
    createdAt: sql.placeholder("createdAt"),
  }
  const insert = db.insert(posts).values(values).returning({ id: posts.id }).prepare("insert")
  const list = db
    .select()
    .from(posts)
    .innerJoin(users, eq(users.id, posts.userId))
    .orderBy(desc(posts.id))
    .limit(PAGE)
    .prepare("list")
  return {
    key: async (id) => (await key.execute({ id }))[0],
    insert: (userId, createdAt) => insert.execute({ userId, title: TITLE, createdAt }),
    list: () => list.execute(),
    close: () => pool.end(),
  }
})
