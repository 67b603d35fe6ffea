import { join } from "node:path"
import { temporaryDatabases } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { testOnRuntimes } from "@ashlar/core/testing/runtimes"

const redis = await findServer("Redis")
const servers = [
  ...(redis === undefined ? [] : [`redis://127.0.0.1:${redis}?prefix=ashlar-test-auth`]),
  ...(await temporaryDatabases()),
]
testOnRuntimes(join(import.meta.dir, ".."), "sessions, keys and tokens do the same", (runtime, folder) => [
  "memory:",
  `sqlite:${join(folder, `${runtime}.db`)}`,
  ...servers,
])
