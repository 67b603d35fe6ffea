import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { queueDrivers } from "../drivers/drivers.ts"
import { openQueue } from "../open-queue.ts"
import { describeQueue, describeQueueStore } from "../testing/queue-suite.ts"

const [postgres, mysql] = [await findServer("PostgreSQL"), await findServer("MariaDB")]

function describeOn(name: string, url: string): void {
  describeQueueStore(name, { open: async (settings) => await (await queueDrivers.open(url))(settings) })
  describeQueue(name, { open: (queue) => openQueue(url, { name: queue, pollMs: 20 }) })
}

describeOn("SQLite", `sqlite:${join(temporaryFolder(), "queue.db")}`)
if (postgres !== undefined) {
  const urlOf = (name: string) => `postgres://postgres@127.0.0.1:${postgres}/${name}`
  describeOn("PostgreSQL", await temporaryDatabase(urlOf, "postgres"))
}
if (mysql !== undefined) {
  const urlOf = (name: string) => `mysql://root@127.0.0.1:${mysql}/${name}`
  describeOn("MariaDB", await temporaryDatabase(urlOf, "mysql"))
}
