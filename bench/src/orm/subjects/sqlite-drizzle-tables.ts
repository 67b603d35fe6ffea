import { Database } from "bun:sqlite"
import { type BunSQLiteDatabase, drizzle } from "drizzle-orm/bun-sqlite"
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core"

export const users = sqliteTable("users", {
  id: integer().primaryKey(),
  name: text().notNull(),
  email: text().notNull(),
})
export const posts = sqliteTable("posts", {
  id: integer().primaryKey(),
  userId: integer("user_id").notNull(),
  title: text().notNull(),
  createdAt: integer("created_at").notNull(),
})

export function open(path: string): { db: BunSQLiteDatabase; close(): Promise<void> } {
  const client = new Database(path)
  client.run("pragma synchronous = normal")
  client.run("pragma foreign_keys = on")
  return { db: drizzle({ client }), close: async () => client.close() }
}
