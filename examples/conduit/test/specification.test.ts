/** The specification, from outside: on every database, twice on the same, and eight times at once. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { Conduit } from "./conduit.ts"
import { missing, ownDatabases } from "./own-databases.ts"
import { type RunningConduit, startConduit } from "./running-conduit.ts"
import { scenarios } from "./scenarios.ts"

for (const name of missing) {
  if (process.env.CI === "true") test(`${name} is there`, () => expect(missing).not.toContain(name))
  else console.warn(`skipped: the specification on ${name}, which does not listen`)
}

describe.each(ownDatabases.map((database) => [database.name, database] as const))("on %s", (_, database) => {
  let running: RunningConduit
  let conduit: Conduit
  beforeAll(async () => {
    await database.make()
    running = await startConduit(database.url === undefined ? {} : { DATABASE_URL: database.url })
    conduit = new Conduit(`${running.url}/api`)
  }, 30_000)
  afterAll(async () => {
    await running.stop()
    await database.drop()
  }, 30_000)

  for (const { name, run } of scenarios) test(name, () => run(conduit))
  test("all of it again", async () => {
    for (const { run } of scenarios) await run(conduit)
  }, 120_000)
  test("all of it eight times at once", async () => {
    await Promise.all(Array.from({ length: 8 }, () => Promise.all(scenarios.map(({ run }) => run(conduit)))))
  }, 120_000)
})
