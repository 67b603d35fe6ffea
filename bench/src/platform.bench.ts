/**
 * The platform, started as users start it. Figures of one run belong together: where a ratio is given, the two were
 * measured in turns, minutes apart at most.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BenchmarkInput } from "./benchmark.ts"
import { readOptions } from "./options.ts"
import { measureFunctions } from "./platform/functions.ts"
import { type Install, prepareInstall } from "./platform/install.ts"
import { measureOverHttp } from "./platform/over-http.ts"
import { measureStart } from "./platform/start.ts"
import { measureStorage } from "./platform/storage.ts"
import type { Row } from "./row.ts"

export default async function* platform({ options }: BenchmarkInput): AsyncGenerator<Row> {
  readOptions(options, [])
  const folder = mkdtempSync(join(tmpdir(), "ashlar-bench-"))
  let install: Install | undefined
  try {
    install = await prepareInstall(join(folder, "data"))
    yield* measureStart(install)
    yield* measureStorage(join(folder, "storage"))
    await install.start()
    yield* measureOverHttp(install)
    yield* measureFunctions(install)
  } finally {
    await install?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
