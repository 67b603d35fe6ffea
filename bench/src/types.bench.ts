/** What the types of an application cost the compiler, and whether a route costs more the more there are. */
import type { BenchmarkInput } from "./benchmark.ts"
import { COUNT, readOptions } from "./options.ts"
import type { Row } from "./row.ts"
import { SeriesBook } from "./series.ts"
import { median } from "./statistics.ts"
import { measureTypes } from "./types/type-cost.ts"

const SIZES = [50, 200, 500] as const

export default async function* types({ options }: BenchmarkInput): AsyncGenerator<Row> {
  const { rounds } = readOptions(options, [{ name: "rounds", default: "3", ...COUNT }])
  const book = new SeriesBook()
  for (let round = 0; round < Number(rounds); round++)
    for await (const { routes, checkMs, instantiationsPerRoute } of measureTypes(SIZES)) {
      process.stderr.write(`… round ${round + 1}/${rounds}, ${routes} routes: ${Math.round(checkMs)} ms\n`)
      book.add(`${routes} check-ms`, "ashlar", checkMs)
      book.add(`${routes} instantiations`, "ashlar", instantiationsPerRoute)
    }
  const medianOf = (name: string): number => median(book.of(name).get("ashlar") ?? [])
  for (const size of SIZES) {
    yield { case: `${size} check-ms`, subject: "ashlar", unit: "ms", value: medianOf(`${size} check-ms`) }
    const value = medianOf(`${size} instantiations`)
    yield { case: `${size} instantiations`, subject: "ashlar", unit: "per route", value }
  }
  const growth = medianOf("500 instantiations") / medianOf("50 instantiations")
  yield { case: "growth 500:50", subject: "ashlar", unit: "x", value: growth }
}
