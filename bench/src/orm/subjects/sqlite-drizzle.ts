import { desc, eq } from "drizzle-orm"
import { measure } from "../measure.ts"
import { PAGE, TITLE } from "../workload.ts"
import { open, posts, users } from "./sqlite-drizzle-tables.ts"

await measure(async (path) => {
  const { db, close } = open(path)
  return {
    key: (id) => db.select().from(users).where(eq(users.id, id)).get(),
    insert: (userId, createdAt) =>
      db.insert(posts).values({ userId, title: TITLE, createdAt }).returning({ id: posts.id }).get(),
    list: () =>
      db.select().from(posts).innerJoin(users, eq(users.id, posts.userId)).orderBy(desc(posts.id)).limit(PAGE).all(),
    close,
  }
})
