/** The first thing that workflows are used for may be within a transaction: SQLite's one writer is the caller's then. */
import { expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase } from "@ashlar/orm"
import { defineWorkflow, openWorkflows } from "../src/index.ts"

test.each(["in(tx)", "within"])(
  "a run is started within the transaction that they are first used in (%s)",
  async (how) => {
    const folder = mkdtempSync(join(tmpdir(), "ashlar-workflow-"))
    const url = `sqlite:${join(folder, "app.db")}`
    try {
      await using database = await openDatabase(url)
      await using flows = openWorkflows(url)
      const flow = defineWorkflow("greet", {}, () => "hello")
      const start = (isUndone: boolean) =>
        database.transaction(async (tx) => {
          await tx.sql`create table if not exists rows (id integer)`.run()
          const { id } = await (how === "within" ? flows : flows.in(tx)).start(flow, undefined)
          if (isUndone) throw new RangeError("undone")
          return id
        })
      expect(start(true)).rejects.toThrow("undone")
      const id = await start(false)
      flows.work([flow])
      expect(await flows.result(id)).toBe("hello")
      expect(await flows.list()).toHaveLength(1)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
