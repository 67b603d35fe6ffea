import { integer, pgTable, text } from "drizzle-orm/pg-core"

export const users = pgTable("users", { id: integer().primaryKey(), name: text().notNull(), email: text().notNull() })
export const posts = pgTable("posts", {
  id: integer().primaryKey().generatedByDefaultAsIdentity(),
  userId: integer("user_id").notNull(),
  title: text().notNull(),
  createdAt: integer("created_at").notNull(),
})
