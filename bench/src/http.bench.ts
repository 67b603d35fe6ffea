/**
 * What a request costs: processor time of the server's process per answer, beside the runtime by hand and beside the
 * frameworks users compare with. README.md says how it is measured and what each workload does.
 */
import type { BenchmarkInput } from "./benchmark.ts"
import { openLab } from "./http/lab.ts"
import { readPlan, START_CASES } from "./http/plan.ts"
import { countSamples, measureRounds } from "./http/rounds.ts"
import { RUNTIMES } from "./http/runtime.ts"
import { countStarts, measureStarts } from "./http/starts.ts"
import { SUBJECTS } from "./http/subject.ts"
import { verifyServers } from "./http/verify.ts"
import { WORKLOADS } from "./http/workload.ts"
import { AMOUNT, COUNT, readOptions } from "./options.ts"
import { createProgress } from "./progress.ts"
import type { Row } from "./row.ts"
import { rowsOf } from "./series.ts"

const OPTIONS = [
  { name: "rounds", default: "7", ...COUNT },
  { name: "seconds", default: "0.5", ...AMOUNT },
  { name: "only", default: "", form: 'cases such as "bun a,node e"', pattern: /^[\w, -]*$/ },
] as const
/** The workloads as a picture names them. */
export const labels = {
  a: "text",
  b: "JSON, parameter, query",
  c: "JSON posted, checked",
  d: "404",
  e: "CORS, id, 5 layers",
  f: "200 routes",
  g: "session cookie",
  h: "20 headers in and out",
  i: "64 KB JSON, checked",
  j: "file of 100 KB",
  k: "1,000 routes",
  l: "100 events",
} as const
const UNITS = { "start-ms": "ms", "idle-mb": "MB" } as const

export default async function* http({ options, binary }: BenchmarkInput): AsyncGenerator<Row> {
  const { rounds: given, seconds, only } = readOptions(options, OPTIONS)
  const [rounds, plan] = [Number(given), readPlan(only)]
  const lab = await openLab(
    SUBJECTS.filter(({ runtime }) => plan.hasRuntime(runtime)),
    binary,
  )
  try {
    process.stderr.write("… Asking every server every question once\n")
    await verifyServers(lab, plan)
    const progress = createProgress(countSamples({ lab, plan, rounds }) + countStarts({ lab, plan, rounds }))
    const costs = await measureRounds({ lab, plan, rounds, measureCpuMs: Number(seconds) * 1000, progress })
    const starts = await measureStarts({ lab, plan, rounds, progress })
    progress.end()
    for (const runtime of RUNTIMES) {
      for (const { letter } of WORKLOADS) yield* rowsOf(`${runtime} ${letter}`, "us", costs.of(`${runtime} ${letter}`))
      for (const what of START_CASES)
        if (plan.has(runtime, what)) yield* rowsOf(`${runtime} ${what}`, UNITS[what], starts.of(`${runtime} ${what}`))
    }
  } finally {
    lab.close()
  }
}
