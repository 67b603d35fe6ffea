import { DatabaseSync } from "node:sqlite"
import { measure } from "../measure.ts"
import { INSERT_SQL, KEY_SQL, LIST_SQL, TITLE } from "../workload.ts"

await measure(async (path) => {
  const db = new DatabaseSync(path)
  db.exec("pragma synchronous = normal")
  db.exec("pragma foreign_keys = on")
  const [key, insert, list] = [db.prepare(`${KEY_SQL} ?`), db.prepare(`${INSERT_SQL} (?, ?, ?)`), db.prepare(LIST_SQL)]
  return {
    key: (id) => key.get(id),
    insert: (userId, createdAt) => insert.run(userId, TITLE, createdAt).lastInsertRowid,
    list: () => list.all(),
    close: async () => db.close(),
  }
})
