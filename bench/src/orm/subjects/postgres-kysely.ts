import { Kysely, PostgresDialect } from "kysely"
import { measure } from "../measure.ts"
import { kyselySubject } from "./kysely-subject.ts"
import type { Tables } from "./kysely-tables.ts"
import { openPool } from "./pg-pool.ts"

await measure(async (url) =>
  kyselySubject(new Kysely<Tables>({ dialect: new PostgresDialect({ pool: openPool(url) }) })),
)
