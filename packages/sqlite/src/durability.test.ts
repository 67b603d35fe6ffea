import { Database } from "bun:sqlite"
import { afterAll, expect, test } from "bun:test"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { openSqlite } from "./engine.ts"
import { acknowledgedIds, makeFolder, startSubject } from "./testing/disk-shim.ts"
import { testNeeding } from "./testing/requirements.ts"
import { journalDefinition } from "./testing/subject.ts"

/*
 * A 2xx write survives kill -9 and power loss. Each proof has a twin at synchronous=NORMAL that must fail: kill -9 alone
 * cannot tell the two apart, for the page cache survives the process.
 */

const folder = makeFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const killRuns = Number(process.env.ASHLAR_KILL_RUNS ?? 5)

/** Acknowledgements that were written while the log had pages that no fsync covered yet. */
function countEarlyAcknowledgements(trace: string): { acknowledged: number; early: number } {
  const unfinished = new Map<string, string>()
  let logIsDirty = false
  let acknowledged = 0
  let early = 0
  for (const line of trace.split("\n")) {
    const [thread = "", rest = ""] = line.split(/ +(.*)/s)
    if (rest.startsWith("write(1<") && rest.includes('"ack ')) {
      acknowledged++
      if (logIsDirty) early++
    }
    if (rest.endsWith("<unfinished ...>")) unfinished.set(thread, rest)
    // A write counts from its start, a sync from its end.
    if (rest.startsWith("pwrite64(") && rest.includes("-wal>")) logIsDirty = true
    const call = rest.startsWith("<... ") ? (unfinished.get(thread) ?? "") : rest
    if (/^f(data)?sync\(.*-wal>/.test(call) && / = 0$/.test(rest)) logIsDirty = false
  }
  return { acknowledged, early }
}

for (const synchronous of ["FULL", "NORMAL"] as const) {
  const verdict =
    synchronous === "FULL" ? "never leaves before its fsync" : "leaves early at NORMAL, and the test sees it"
  testNeeding(
    ["linux", "strace"],
    `an acknowledgement ${verdict}`,
    async () => {
      const trace = join(folder, `trace-${synchronous}`)
      const subject = await startSubject({
        folder,
        mode: "batches",
        path: join(folder, `traced-${synchronous}.db`),
        amount: 50,
        synchronous,
        prefix: [
          "strace",
          "-f",
          "-y",
          "-qq",
          "-e",
          "trace=write,pwrite64,fsync,fdatasync",
          "-e",
          "signal=none",
          "-o",
          trace,
        ],
      })
      expect(await subject.exited).toBe(0)
      const { acknowledged, early } = countEarlyAcknowledgements(readFileSync(trace, "utf8"))
      expect(acknowledged).toBe(400)
      if (synchronous === "FULL") expect(early).toBe(0)
      else expect(early).toBeGreaterThan(300)
    },
    { timeoutMs: 30_000 },
  )
}

/** Runs a subject on a disk whose durable content is kept aside, cuts the power, and counts what is missing. */
async function losePower(name: string, synchronous: "FULL" | "NORMAL", afterMs: number | undefined) {
  const live = join(folder, name, "live")
  const shadow = join(folder, name, "shadow")
  await mkdir(shadow, { recursive: true })
  const subject = await startSubject({
    folder,
    mode: afterMs === undefined ? "wait" : "concurrent",
    path: join(live, "journal.db"),
    amount: afterMs === undefined ? 60 : 16,
    synchronous,
    env: { SHIM_ROOT: live, SHIM_SHADOW: shadow },
  })
  let output = ""
  const decoder = new TextDecoder()
  const reading = (async () => {
    for await (const chunk of subject.stdout) {
      output += decoder.decode(chunk)
      if (output.includes("done\n")) subject.kill("SIGKILL")
      // The clock starts with the first acknowledgement, so that a slow start makes no empty run.
      else if (afterMs !== undefined) setTimeout(() => subject.kill("SIGKILL"), afterMs)
    }
  })()
  await subject.exited
  await reading
  const acknowledged = acknowledgedIds(output)
  const { found, integrity } = readJournal(join(shadow, "journal.db"))
  return { acknowledged: acknowledged.length, lost: acknowledged.filter((id) => !found.has(id)).length, integrity }
}

function readJournal(path: string): { found: Set<number>; integrity: unknown } {
  if (!existsSync(path)) return { found: new Set(), integrity: "ok" }
  const database = new Database(path)
  const integrity = database.query("PRAGMA integrity_check").values()[0]?.[0]
  const tables = database.query("SELECT name FROM sqlite_schema WHERE name = 'entry'").all()
  const rows = tables.length === 0 ? [] : database.query("SELECT id FROM entry").values()
  database.close()
  return { found: new Set(rows.map(([id]) => Number(id))), integrity }
}

testNeeding(
  ["linux", "cc"],
  "a power loss takes no acknowledged write",
  async () => {
    expect(await losePower("calm", "FULL", undefined)).toEqual({ acknowledged: 60, lost: 0, integrity: "ok" })
    for (const afterMs of [60, 150, 300]) {
      const { acknowledged, lost, integrity } = await losePower(`busy-${afterMs}`, "FULL", afterMs)
      expect(acknowledged).toBeGreaterThan(0)
      expect({ lost, integrity }).toEqual({ lost: 0, integrity: "ok" })
    }
  },
  { timeoutMs: 60_000 },
)

testNeeding(
  ["linux", "cc"],
  "the same power loss takes acknowledged writes at NORMAL, and the test sees it",
  async () => {
    const { acknowledged, lost } = await losePower("normal", "NORMAL", undefined)
    expect(acknowledged).toBe(60)
    expect(lost).toBeGreaterThan(0)
  },
  { timeoutMs: 60_000 },
)

test(
  `${killRuns} times kill -9 on one file takes no acknowledged write`,
  async () => {
    const path = join(folder, "killed", "journal.db")
    const acknowledged = new Set<number>()
    for (let run = 0; run < killRuns; run++) {
      const subject = await startSubject({ folder, mode: "concurrent", path, amount: 64 })
      let output = ""
      for await (const chunk of subject.stdout) {
        if (output === "") setTimeout(() => subject.kill("SIGKILL"), 20 + ((run * 37) % 150))
        output += new TextDecoder().decode(chunk)
      }
      await subject.exited
      const ids = acknowledgedIds(output)
      expect(ids.length).toBeGreaterThan(0)
      for (const id of ids) acknowledged.add(id)
    }
    const engine = openSqlite()
    const file = await engine.open(path, journalDefinition, { mustExist: true })
    const found = new Set(file.all<{ id: number }>("SELECT id FROM entry").map(({ id }) => id))
    expect([...acknowledged].filter((id) => !found.has(id))).toEqual([])
    await engine.close()
  },
  5000 + killRuns * 2000,
)

testNeeding(
  ["linux", "cc"],
  "the calling thread is not held while a slow disk syncs",
  async () => {
    const live = join(folder, "lag")
    const subject = await startSubject({
      folder,
      mode: "lag",
      path: join(live, "journal.db"),
      amount: 800,
      env: { SHIM_ROOT: live, SHIM_DELAY_US: "5000" },
    })
    const { p50Ms, commitMs } = JSON.parse(await new Response(subject.stdout).text())
    expect(commitMs).toBeGreaterThan(5)
    // Committing on this thread would hold every turn for a whole sync. The tail says more about the machine's other work.
    expect(p50Ms).toBeLessThan(2.5)
  },
  { timeoutMs: 30_000 },
)
