import { join } from "node:path"
import { temporaryDatabases } from "@ashlar/cache/testing/databases"
import { testOnRuntimes } from "@ashlar/core/testing/runtimes"

const servers = await temporaryDatabases()
testOnRuntimes(join(import.meta.dir, ".."), "the whole way is gone", (runtime, folder) => [
  "memory:",
  `sqlite:${join(folder, `${runtime}.db`)}`,
  ...servers,
])
testOnRuntimes(join(import.meta.dir, ".."), "sign-in with others works", () => "", { program: "client-process" })
