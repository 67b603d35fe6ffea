import { type Clock, DriverUrlInvalid } from "@ashlar/core"
import { MemoryStore } from "./memory.ts"
import type { OAuthStore } from "./store.ts"

/** The databases, loaded when a URL asks for one. */
const SQL = /^(?:sqlite|postgres|postgresql|mysql|mariadb):/i

/**
 * Opens what keeps the state of a server: `memory:` for this process, `sqlite:path`, `postgres://…` or `mysql://…` for all that share it.
 * @throws {CORE_DRIVER_URL_INVALID} {OAUTH_STORE_FAILED}
 */
export async function openOAuthStore(url: string, clock?: Clock): Promise<OAuthStore> {
  if (url === "memory:") return new MemoryStore(clock)
  if (!SQL.test(url))
    throw new DriverUrlInvalid("Expected the store to be memory:, sqlite:…, postgres://… or mysql://….")
  const { openSqlStore } = await import("./sql.ts")
  return await openSqlStore(url, clock)
}
