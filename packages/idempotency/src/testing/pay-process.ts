/** Sends one payment with a key through an app, as a process that dies where it is told to, and prints what came of it. */
import { createApp } from "@ashlar/http"
import { openDatabase } from "@ashlar/orm"
import { idempotencyDrivers } from "../drivers/drivers.ts"
import { idempotent, openIdempotency } from "../index.ts"

export type CrashPoint = "none" | "begun" | "worked" | "written" | "committed" | "unkept" | "kept"

const { url, key, crash, isAtomic } = JSON.parse(process.argv[2] ?? "{}") as {
  url: string
  key: string
  crash: CrashPoint
  isAtomic: boolean
}
const die = (at: CrashPoint): void => {
  if (crash === at) process.kill(process.pid, "SIGKILL")
}

const database = await openDatabase(url)
const store = await idempotencyDrivers.open(url)
const { begin, keep, keepIn } = store
store.begin = async (...args) => {
  const found = await begin.apply(store, args)
  if (found.state === "begun") die("begun")
  return found
}
store.keep = async (...args) => {
  die("unkept")
  const isKept = await keep.apply(store, args)
  die("kept")
  return isKept
}
store.keepIn = async (...args) => {
  const isKept = await keepIn!.apply(store, args)
  die("written")
  return isKept
}

const once = idempotent({
  store: openIdempotency(store),
  scope: () => "ana",
  leaseMs: 1_000,
  ...(isAtomic && { transaction: database }),
})
const app = createApp({ onError: (error) => console.error(error) })
app.post("/pay", { layers: [once] }, async () => {
  const { changes } = await database.sql`insert into payments (made) values (${key})`.run()
  die("worked")
  if (isAtomic) await database.afterCommit(() => die("committed"))
  return { changes, key }
})
const headers = { "idempotency-key": key }
const response = await app.fetch(new Request("http://localhost/pay", { method: "POST", body: "{}", headers }))
const again = response.headers.get("idempotency-replayed") === "true"
console.log(JSON.stringify({ status: response.status, again, body: await response.json() }))
process.exit(0)
