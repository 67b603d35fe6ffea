import { join } from "node:path"
import { temporaryDatabases } from "@ashlar/cache/testing/databases"
import { testOnRuntimes } from "@ashlar/core/testing/runtimes"

const servers = await temporaryDatabases()
testOnRuntimes(
  join(import.meta.dir, ".."),
  "accounts of a model do the same",
  // Each runtime has its tables in databases of its own: those of the servers are for one.
  (runtime, folder) => [`sqlite:${join(folder, `${runtime}.db`)}`, ...(runtime === "bun" ? servers : [])],
  { program: "accounts-process" },
)
