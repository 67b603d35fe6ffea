import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BenchmarkInput } from "../benchmark.ts"
import { bundleServer } from "./bundle.ts"
import { FILE_NAME, type Profile } from "./profile.ts"
import { commandOf } from "./runtime.ts"
import { type ServerProcess, startServer } from "./server-process.ts"
import type { Subject } from "./subject.ts"
import { FILE_TEXT } from "./workload.ts"

/** All servers of a run, built and ready to be started. */
export interface Lab {
  readonly subjects: readonly Subject[]
  start(subject: Subject, profile: Profile): Promise<ServerProcess>
  close(): void
}

export async function openLab(subjects: readonly Subject[], binary: BenchmarkInput["binary"]): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-bench-"))
  const files = join(folder, "files")
  await Bun.write(join(files, FILE_NAME), FILE_TEXT)
  const commands = new Map<Subject, readonly string[]>()
  for (const subject of subjects) {
    const { runtime, flags = [] } = subject
    const bundle = await bundleServer(subject, join(folder, "servers"))
    commands.set(subject, commandOf(runtime, { binary: await binary(runtime), bundle, flags }))
  }
  return {
    subjects,
    start: (subject, profile) => startServer(commands.get(subject)!, { profile, files }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
