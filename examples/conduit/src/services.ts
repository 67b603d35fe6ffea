import { defineService, type Service, token } from "@ashlar/core"
import { type Database, defineDatabase } from "@ashlar/orm"
import { openMigrator } from "@ashlar/orm/migrations"
import createConduit from "../migrations/20261128000000_create_conduit.ts"
import { createTokens, type Tokens as TokenService } from "./tokens.ts"

export interface ConduitSettings {
  /** `sqlite:…`, `postgres://…` or `mysql://…` */
  readonly databaseUrl: string
  /** What tokens are signed with, 32 bytes or more. */
  readonly secret: string
}

/** Given by whoever makes the app. */
export const Settings: Service<ConduitSettings> = token<ConduitSettings>("settings")

/** Imported, and not read from their folder: a bundle has none beside it. */
const migrations = { "20261128000000_create_conduit": createConduit }

/** The database, brought up to date before anybody has it. Of several processes that start at once, one does that and the others wait. */
export const Db: Service<Database> = defineDatabase(async (services) => (await services.get(Settings)).databaseUrl, {
  prepare: async (db) => void (await (await openMigrator(db, { migrations })).up()),
})

export const Tokens: Service<TokenService> = defineService({
  name: "tokens",
  open: async (services) => createTokens((await services.get(Settings)).secret),
})
