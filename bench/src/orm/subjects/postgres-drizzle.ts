import { desc, eq } from "drizzle-orm"
import { drizzle } from "drizzle-orm/node-postgres"
import { measure } from "../measure.ts"
import { PAGE, TITLE } from "../workload.ts"
import { openPool } from "./pg-pool.ts"
import { posts, users } from "./postgres-drizzle-tables.ts"

await measure(async (url) => {
  const pool = openPool(url)
  const db = drizzle({ client: pool })
  return {
    key: async (id) => (await db.select().from(users).where(eq(users.id, id)))[0],
    insert: (userId, createdAt) =>
      db.insert(posts).values({ userId, title: TITLE, createdAt }).returning({ id: posts.id }),
    list: () =>
      db.select().from(posts).innerJoin(users, eq(users.id, posts.userId)).orderBy(desc(posts.id)).limit(PAGE),
    close: () => pool.end(),
  }
})
