/** Does once, on whatever runtime this is, what the suites do on Bun: over each URL that it is given. */
import assert from "node:assert/strict"
import { createApp } from "@ashlar/http"
import { openDatabase } from "@ashlar/orm"
import { idempotent, openIdempotency } from "../index.ts"

const urls = JSON.parse(process.argv[2] ?? "[]") as string[]
const key = crypto.randomUUID()

for (const url of urls) {
  const isSql = /^(?:sqlite|postgres|mysql):/.test(url)
  const database = isSql ? await openDatabase(url) : undefined
  if (database !== undefined) await database.sql`create table if not exists runtime_orders (made varchar(100))`.run()
  const store = openIdempotency(url)
  const once = idempotent({
    store,
    scope: () => "ana",
    required: true,
    ...(database !== undefined && { transaction: database }),
  })
  const app = createApp()
  let runs = 0
  app.post("/", { layers: [once] }, async (ctx) => {
    await new Promise((done) => setTimeout(done, 20))
    if (database !== undefined) await database.sql`insert into runtime_orders (made) values (${key})`.run()
    return ctx.json({ runs: ++runs, body: await ctx.read("text") }, 201)
  })
  const server = await app.listen({ port: 0, host: "127.0.0.1" })
  const ask = (body: string) => fetch(server.url, { method: "POST", body, headers: { "idempotency-key": key } })
  const both = await Promise.all([ask("é"), ask("é")])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 409], url)
  const again = await ask("é")
  assert.deepEqual(
    [again.headers.get("idempotency-replayed"), await again.json()],
    ["true", { runs: 1, body: "é" }],
    url,
  )
  assert.equal((await ask("other")).status, 422, url)
  assert.equal((await fetch(server.url, { method: "POST" })).status, 400, url)
  await app.stop()
  await store.close()
  if (database === undefined) continue
  const rows = await database.sql`select made from runtime_orders where made = ${key}`.all()
  assert.equal(rows.length, 1, url)
  await database.close()
}
console.log("all is well")
process.exit(0)
