import { measure } from "../measure.ts"
import { INSERT_SQL, KEY_SQL, LIST_SQL, TITLE } from "../workload.ts"
import { openPool } from "./pg-pool.ts"

/** `pg` with each statement named by hand. */
await measure(async (url) => {
  const pool = openPool(url)
  return {
    key: async (id) => (await pool.query({ name: "key", text: `${KEY_SQL} $1`, values: [id] })).rows[0],
    insert: async (userId, createdAt) => {
      const values = [userId, TITLE, createdAt]
      return (await pool.query({ name: "insert", text: `${INSERT_SQL} ($1, $2, $3) returning id`, values })).rows[0]
    },
    list: async () => (await pool.query({ name: "list", text: LIST_SQL })).rows,
    close: () => pool.end(),
  }
})
