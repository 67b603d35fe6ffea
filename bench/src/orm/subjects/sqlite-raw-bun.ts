import { Database } from "bun:sqlite"
import { measure } from "../measure.ts"
import { INSERT_SQL, KEY_SQL, LIST_SQL, TITLE } from "../workload.ts"

await measure(async (path) => {
  const db = new Database(path)
  db.run("pragma synchronous = normal")
  db.run("pragma foreign_keys = on")
  const [key, insert, list] = [db.prepare(`${KEY_SQL} ?`), db.prepare(`${INSERT_SQL} (?, ?, ?)`), db.prepare(LIST_SQL)]
  return {
    key: (id) => key.get(id),
    insert: (userId, createdAt) => insert.run(userId, TITLE, createdAt).lastInsertRowid,
    list: () => list.all(),
    close: async () => db.close(),
  }
})
