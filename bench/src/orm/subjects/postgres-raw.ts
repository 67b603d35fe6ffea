import { measure } from "../measure.ts"
import { INSERT_SQL, KEY_SQL, LIST_SQL, TITLE } from "../workload.ts"
import { openPool } from "./pg-pool.ts"

/** `pg` as its documentation shows: nothing prepared. */
await measure(async (url) => {
  const pool = openPool(url)
  return {
    key: async (id) => (await pool.query(`${KEY_SQL} $1`, [id])).rows[0],
    insert: async (userId, createdAt) =>
      (await pool.query(`${INSERT_SQL} ($1, $2, $3) returning id`, [userId, TITLE, createdAt])).rows[0],
    list: async () => (await pool.query(LIST_SQL)).rows,
    close: () => pool.end(),
  }
})
