import { openDatabase } from "@ashlar/orm"
import { SqlStore } from "../sql/sql-store.ts"
import type { OpenStore } from "../store.ts"
import { SQL_GUARANTEES } from "./drivers.ts"

/** Opens queues in tables of a database, which are made when they are missing. */
export function open(url: string): OpenStore {
  return async (settings) => new SqlStore(await openDatabase(url), SQL_GUARANTEES, settings)
}
