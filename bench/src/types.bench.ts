/** What the types of an application cost the compiler, and whether a route costs more the more there are. */
import type { BenchmarkInput } from "./benchmark.ts"
import { COUNT, readOptions } from "./options.ts"
import type { Row } from "./row.ts"
import { SeriesBook } from "./series.ts"
import { median } from "./statistics.ts"
import { measureClient, measureTypes, type TypeCost } from "./types/type-cost.ts"

const SIZES = [50, 200, 500, 1000] as const
const ZOD_SIZES = [200, 500] as const
const CLIENT_ROUTES = 200

export default async function* types({ options }: BenchmarkInput): AsyncGenerator<Row> {
  const { rounds } = readOptions(options, [{ name: "rounds", default: "3", ...COUNT }])
  const book = new SeriesBook()
  const add = (what: string, { checkMs, instantiationsPerRoute }: TypeCost): void => {
    process.stderr.write(`… ${what}: ${Math.round(checkMs)} ms\n`)
    book.add(`${what} check-ms`, "ashlar", checkMs)
    book.add(`${what} instantiations`, "ashlar", instantiationsPerRoute)
  }
  for (let round = 0; round < Number(rounds); round++) {
    for await (const cost of measureTypes(SIZES)) add(`${cost.routes} routes`, cost)
    for await (const cost of measureTypes(ZOD_SIZES, "zod")) add(`${cost.routes} routes zod`, cost)
    const client = await measureClient(CLIENT_ROUTES)
    add("client", client)
    book.add("client declarations", "ashlar", client.declarationBytesPerRoute)
  }
  const medianOf = (name: string): number => median(book.of(name).get("ashlar") ?? [])
  const row = (name: string, unit: string): Row => ({ case: name, subject: "ashlar", unit, value: medianOf(name) })
  const subjects = [
    ...SIZES.map((size) => `${size} routes`),
    ...ZOD_SIZES.map((size) => `${size} routes zod`),
    "client",
  ]
  for (const subject of subjects) {
    yield row(`${subject} check-ms`, "ms")
    yield row(`${subject} instantiations`, "per route")
  }
  yield row("client declarations", "B per route")
  const growth = medianOf("1000 routes instantiations") / medianOf("200 routes instantiations")
  yield { case: "growth 1000:200", subject: "ashlar", unit: "x", value: growth }
}
