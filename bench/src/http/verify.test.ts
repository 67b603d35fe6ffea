import { expect, test } from "bun:test"
import { openLab } from "./lab.ts"
import { readPlan } from "./plan.ts"
import { RUNTIMES } from "./runtime.ts"
import { SUBJECTS } from "./subject.ts"
import { verifyServers } from "./verify.ts"

const binaries = {
  bun: process.execPath,
  node: process.env.NODE_BIN ?? Bun.which("node"),
  deno: process.env.DENO_BIN ?? Bun.which("deno"),
}

for (const runtime of RUNTIMES) {
  const binary = binaries[runtime]
  if (binary === null) {
    if (process.env.CI === "true") test(`${runtime} is installed`, () => expect(binary).not.toBeNull())
    else console.warn(`skipped: the servers of the benchmark on ${runtime}, which is not installed`)
    continue
  }
  test(`every server on ${runtime} gives the right answer to every workload`, async () => {
    const plan = readPlan(runtime)
    const lab = await openLab(
      SUBJECTS.filter((subject) => subject.runtime === runtime),
      async () => binary,
    )
    try {
      await verifyServers(lab, plan)
      expect(lab.subjects.map(({ name }) => name)).toContain("ashlar")
    } finally {
      lab.close()
    }
  }, 60_000)
}
