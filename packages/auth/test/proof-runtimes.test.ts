import { join } from "node:path"
import { temporaryDatabases } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { testOnRuntimes } from "@ashlar/core/testing/runtimes"

const redis = await findServer("Redis")
const prefix = `ashlar-test-${crypto.randomUUID().slice(0, 8)}`
const servers = [
  ...(redis === undefined ? [] : [`redis://127.0.0.1:${redis}?prefix=${prefix}`]),
  ...(await temporaryDatabases()),
]
testOnRuntimes(
  join(import.meta.dir, ".."),
  "links, codes and factors do the same",
  (runtime, folder) => ["memory:", `sqlite:${join(folder, `${runtime}.db`)}`, ...servers],
  { program: "proof-process" },
)
