/** What an operation of the ORM costs in the application's process, beside the driver by hand and beside peers. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BenchmarkInput } from "./benchmark.ts"
import { AMOUNT, COUNT, readOptions } from "./options.ts"
import { fillSqlite, openPostgres } from "./orm/databases.ts"
import { bundleSubject, caseName, GROUPS, runSubject } from "./orm/run-subject.ts"
import { CASES } from "./orm/workload.ts"
import { createProgress } from "./progress.ts"
import type { Row } from "./row.ts"
import { rowsOf, SeriesBook } from "./series.ts"

const OPTIONS = [
  { name: "rounds", default: "7", ...COUNT },
  { name: "seconds", default: "0.1", ...AMOUNT },
  { name: "only", default: "", form: 'groups such as "sqlite,node postgres"', pattern: /^[\w, -]*$/ },
] as const
/** Servers answer while others wait: an application has many requests at once. */
const IN_FLIGHT = { sqlite: 1, postgres: 8 } as const

export default async function* orm({ options, binary }: BenchmarkInput): AsyncGenerator<Row> {
  const { rounds: given, seconds, only } = readOptions(options, OPTIONS)
  const rounds = Number(given)
  const folder = mkdtempSync(join(tmpdir(), "ashlar-bench-"))
  const postgres = await openPostgres()
  if (postgres === undefined) process.stderr.write("… No PostgreSQL answers: its cases are left out (POSTGRES_URL)\n")
  const wanted = only === "" ? undefined : only.split(",").map((name) => name.trim())
  const groups = GROUPS.filter((group) => group.database === "sqlite" || postgres !== undefined).filter(
    (group) => wanted === undefined || wanted.includes(caseName(group, "").trim()),
  )
  const progress = createProgress(groups.reduce((sum, { subjects }) => sum + subjects.length * rounds, 0))
  try {
    for (const group of groups) {
      const book = new SeriesBook()
      const path = await binary(group.runtime)
      const bundles = await Promise.all(group.subjects.map(({ file }) => bundleSubject(file, group.runtime, folder)))
      for (let round = 0; round < rounds; round++)
        for (const at of round % 2 === 0 ? group.subjects.keys() : [...group.subjects.keys()].reverse()) {
          const { subject } = group.subjects[at]!
          await postgres?.fill()
          const url = group.database === "sqlite" ? fillSqlite(folder) : postgres!.url
          const task = { url, inFlight: IN_FLIGHT[group.database], sampleMs: Number(seconds) * 1_000 }
          const costs = await runSubject(path, bundles[at]!, task)
          for (const name of CASES) book.add(name, subject, costs[name])
          progress.step(
            `${caseName(group, subject)}: ${CASES.map((name) => `${name} ${costs[name].toFixed(1)} us`).join(", ")}`,
          )
        }
      for (const name of CASES) yield* rowsOf(caseName(group, name), "us", book.of(name))
    }
    progress.end()
  } finally {
    await postgres?.drop()
    rmSync(folder, { recursive: true, force: true })
  }
}
