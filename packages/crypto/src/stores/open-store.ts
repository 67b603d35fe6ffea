import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { memoryStore } from "./memory.ts"
import type { KeyStore } from "./store.ts"

const memory: Driver<KeyStore> = defineDriver<KeyStore>()({
  schemes: ["memory"],
  options: {},
  guarantees: { crossProcess: false, durable: false },
  load: async () => ({ open: () => memoryStore() }),
})

/** Takes the database's own options. */
function sqlDriver(schemes: readonly [string, ...string[]]): Driver<KeyStore> {
  return {
    schemes,
    guarantees: { crossProcess: true, durable: true },
    optionNames: [],
    open: async (url) => await (await import("./sql.ts")).sqlStore(url.reveal()),
  }
}

/** Where keys are kept, by the scheme of a URL. */
export const keyStoreDrivers: Drivers<KeyStore> = createDrivers("key store", [
  memory,
  sqlDriver(["sqlite"]),
  sqlDriver(["postgres", "postgresql"]),
  sqlDriver(["mysql", "mariadb"]),
])
