/**
 * Publishes what is in an outbox to a bus, and is killed at a moment that is told: before a batch reaches the bus, after it did and before its
 * rows are taken away, or after that. Given the database's URL, the bus's, its options, and when.
 */
import { openBus } from "../bus/open-bus.ts"
import { openOutbox } from "../outbox/index.ts"

const [databaseUrl = "", busUrl = "", options = "{}", when = ""] = process.argv.slice(2)
const bus = openBus(busUrl, JSON.parse(options))
const die = () => process.kill(process.pid, "SIGKILL")
const send = bus.send.bind(bus)
let batches = 0
bus.send = async (events) => {
  if (when === "before" || (when === "taken" && batches > 0)) die()
  await send(events)
  batches++
  if (when === "sent") die()
}
const outbox = await openOutbox(databaseUrl)
await outbox.relay(bus, { pollMs: 5, leaseMs: 500, batchSize: 3 })
console.log("ready")
