import { join } from "node:path"
import { testOnRuntimes } from "@ashlar/core/testing/runtimes"
import { temporaryDatabases } from "../src/testing/test-database.ts"
import { findServer } from "../src/testing/test-servers.ts"

const redis = await findServer("Redis")
const redisUrls = redis === undefined ? [] : [`redis://127.0.0.1:${redis}?prefix=ashlar-test-runtimes`]
const databases = await temporaryDatabases()
testOnRuntimes(join(import.meta.dir, ".."), "caches, locks, limits and kept answers work", (runtime, folder) => {
  const sqlite = `sqlite:${join(folder, `${runtime}.db`)}`
  const postgres = databases.filter((url) => url.startsWith("postgres:"))
  const caches = ["memory:", `file:${join(folder, runtime)}`, sqlite, ...postgres, ...redisUrls]
  const tiers = redisUrls.map((url) => `tiered:memory:,${url}`)
  return { caches: [...caches, ...tiers], others: ["memory:", sqlite, ...databases, ...redisUrls] }
})
