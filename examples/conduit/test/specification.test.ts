/** The specification, from outside: on every database, twice on the same, and eight times at once. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { main, openTerminal } from "@ashlar/cli"
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

  test("the migrations make what the models say", async () => {
    const printed: string[] = []
    const print = (text: string): void => void printed.push(text)
    const env = { ...process.env, DATABASE_URL: running.databaseUrl }
    const io = { ...openTerminal(), stdout: print, stderr: print, cwd: join(import.meta.dir, ".."), env }
    expect({ code: await main(["migrate", "check"], io), printed }).toMatchObject({ code: 0 })
  }, 60_000)

  for (const { name, run } of scenarios) test(name, () => run(conduit))
  const all = async (): Promise<void> => {
    for (const { run } of scenarios) await run(conduit)
  }
  test("all of it again", all, 120_000)
  test("all of it by eight at once", () => Promise.all(Array.from({ length: 8 }, all)).then(() => undefined), 240_000)
})
