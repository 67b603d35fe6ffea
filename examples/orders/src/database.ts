import type { Service } from "@ashlar/core"
import { type Database, defineDatabase } from "@ashlar/orm"
import { openMigrator } from "@ashlar/orm/migrations"
import createShop from "../migrations/20261129000000_create_shop.ts"
import { Settings } from "./settings.ts"

const migrations = { "20261129000000_create_shop": createShop }

/** The database, brought up to date before anybody has it. Of several processes that start at once, one does that and the others wait. */
export const Db: Service<Database> = defineDatabase(async (services) => (await services.get(Settings)).databaseUrl, {
  prepare: async (db) => void (await (await openMigrator(db, { migrations })).up()),
})
