import { join } from "node:path"
import { temporaryDatabases } from "@ashlar/cache/testing/databases"
import { testOnRuntimes } from "@ashlar/core/testing/runtimes"

const servers = await temporaryDatabases()
testOnRuntimes(
  join(import.meta.dir, ".."),
  "keys and secrets work",
  (runtime, folder) => ({
    root: `file:${join(folder, "root.key")}?create=true`,
    stores: ["memory:", `sqlite:${join(folder, `${runtime}.db`)}`, ...servers],
  }),
  { external: ["pkcs11js"] },
)
