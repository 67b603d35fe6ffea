import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BenchmarkInput } from "../benchmark.ts"
import { bundleServer } from "./bundle.ts"
import type { Plan } from "./plan.ts"
import { FILE_NAME, type Profile } from "./profile.ts"
import { commandOf } from "./runtime.ts"
import { type ServerProcess, startServer } from "./server-process.ts"
import { SUBJECTS, type Subject } from "./subject.ts"
import { FILE_TEXT } from "./workload.ts"

/** All servers of a run, built and ready to be started. */
export interface Lab {
  readonly subjects: readonly Subject[]
  start(subject: Subject, profile: Profile): Promise<ServerProcess>
  close(): void
}

export async function openLab(plan: Plan, binary: BenchmarkInput["binary"]): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-bench-"))
  const files = join(folder, "files")
  await Bun.write(join(files, FILE_NAME), FILE_TEXT)
  const subjects = SUBJECTS.filter(({ runtime }) => plan.hasRuntime(runtime))
  const commands = new Map<Subject, readonly string[]>()
  for (const subject of subjects) {
    const { runtime } = subject
    commands.set(
      subject,
      commandOf(runtime, await binary(runtime), await bundleServer(subject, join(folder, "servers"))),
    )
  }
  return {
    subjects,
    start: (subject, profile) => startServer(commands.get(subject)!, { profile, files }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
