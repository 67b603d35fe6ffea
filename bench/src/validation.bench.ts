/** What validating one object costs: a valid one, and all that is wrong with an invalid one; beside a check by hand and peers. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BenchmarkInput } from "./benchmark.ts"
import { COUNT, readOptions } from "./options.ts"
import { createProgress } from "./progress.ts"
import type { Row } from "./row.ts"
import { rowsOf, SeriesBook } from "./series.ts"
import { bundleSubject, runSubject, SUBJECTS } from "./validation/run-subject.ts"

const RUNTIMES = ["bun", "node"] as const

export default async function* validation({ options, binary }: BenchmarkInput): AsyncGenerator<Row> {
  const { rounds } = readOptions(options, [{ name: "rounds", default: "5", ...COUNT }])
  const folder = mkdtempSync(join(tmpdir(), "ashlar-bench-"))
  const progress = createProgress(Number(rounds) * RUNTIMES.length * SUBJECTS.length)
  try {
    for (const runtime of RUNTIMES) {
      const book = new SeriesBook()
      const bundles = await Promise.all(SUBJECTS.map((name) => bundleSubject(name, runtime, folder)))
      const path = await binary(runtime)
      for (let round = 0; round < Number(rounds); round++)
        for (const [at, name] of [...SUBJECTS.entries()].toSorted(([a], [b]) => (round % 2 === 0 ? a - b : b - a))) {
          const { valid, invalid } = await runSubject(path, bundles[at]!)
          book.add("valid", name, valid)
          book.add("invalid", name, invalid)
          progress.step(`${runtime} ${name}: ${valid.toFixed(3)} us, ${invalid.toFixed(3)} us`)
        }
      yield* rowsOf(`${runtime} valid`, "us", book.of("valid"))
      yield* rowsOf(`${runtime} invalid`, "us", book.of("invalid"))
    }
    progress.end()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
