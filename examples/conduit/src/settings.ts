import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { ConduitSettings } from "./services.ts"
import { createSecret } from "./tokens.ts"

/**
 * What the environment says, `DATABASE_URL` and `JWT_SECRET`. What it leaves out is in the folder: a SQLite file, and a secret that was made
 * up at the first start, which only this user may read.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>, folder: string): ConduitSettings {
  const { DATABASE_URL: databaseUrl, JWT_SECRET: secret } = env
  if (databaseUrl === undefined || secret === undefined) mkdirSync(folder, { recursive: true, mode: 0o700 })
  return {
    databaseUrl: databaseUrl ?? `sqlite:${join(folder, "conduit.db")}`,
    secret: secret ?? keptSecret(join(folder, "secret")),
  }
}

/** Of several processes that start at once, all take what the first wrote. */
function keptSecret(file: string): string {
  try {
    writeFileSync(file, createSecret(), { flag: "wx", mode: 0o600 })
  } catch (error) {
    if ((error as { code?: string }).code !== "EEXIST") throw error
  }
  return readFileSync(file, "utf8")
}
