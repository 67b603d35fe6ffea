/** Notes an event in a transaction, and is killed before its commit or right after it. Given the database's URL and when. */
import { openDatabase } from "@ashlar/orm"
import { openOutbox } from "../outbox/index.ts"
import { Noted } from "./bus-stage.ts"

const [url = "", when = ""] = process.argv.slice(2)
const db = await openDatabase(url)
const outbox = await openOutbox(db)
const die = () => process.kill(process.pid, "SIGKILL")
await db.transaction(async (tx) => {
  await tx.sql`insert into effects (id) values (${when})`.run()
  await outbox.in(tx).publish(Noted, { n: 1, text: when })
  if (when === "uncommitted") die()
})
die()
