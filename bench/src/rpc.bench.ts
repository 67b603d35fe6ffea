/** What a procedure costs beside a route that does the same: at run time in this process, and to the compiler. */
import { createApp, post } from "@ashlar/http"
import { batch } from "@ashlar/http/batch"
import { procedure, rpc } from "@ashlar/http/rpc"
import { v } from "@ashlar/validation"
import type { BenchmarkInput } from "./benchmark.ts"
import { COUNT, readOptions } from "./options.ts"
import type { Row } from "./row.ts"
import { rowsOf } from "./series.ts"
import { generateCalls } from "./types/generated-calls.ts"
import { checkTypes } from "./types/type-check.ts"

const New = v.object({ name: v.string().min(1), age: v.integer().min(0) })
const User = v.object({ id: v.integer(), name: v.string() })
const CALLS_PER_BATCH = 10
const CALLS_PER_ROUND = 20_000
const BODY = JSON.stringify({ name: "Emma", age: 20 })

const app = createApp({ checkResponses: false })
app.add(post("/plain", { body: New, response: User }, (ctx) => ({ id: 1, name: ctx.body.name })))
app.add(rpc({ call: procedure({ input: New, output: User }, (input) => ({ id: 1, name: input.name })) }))
app.add(batch(app, { path: "/rpc" }))

/** Microseconds of one call, the answer read. */
async function timeOf(path: string, body: string, calls: number): Promise<number> {
  const headers = { "content-type": "application/json" }
  const began = performance.now()
  for (let at = 0; at < calls; at++) {
    const response = await app.fetch(new Request(`http://localhost${path}`, { method: "POST", headers, body }))
    if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    await response.text()
  }
  return ((performance.now() - began) / calls) * 1000
}

function batchOf(path: string): string {
  const part = { method: "POST", path, body: JSON.parse(BODY) as unknown }
  return JSON.stringify({ requests: Array.from({ length: CALLS_PER_BATCH }, () => part) })
}

const SUBJECTS = {
  raw: (calls: number) => timeOf("/plain", BODY, calls),
  ashlar: (calls: number) => timeOf("/rpc/call", BODY, calls),
}
const IN_BATCH = {
  raw: async (calls: number) => (await timeOf("/rpc", batchOf("/plain"), calls / CALLS_PER_BATCH)) / CALLS_PER_BATCH,
  ashlar: async (calls: number) =>
    (await timeOf("/rpc", batchOf("/rpc/call"), calls / CALLS_PER_BATCH)) / CALLS_PER_BATCH,
}

/** `raw` is the plain route. */
async function series(
  subjects: Readonly<Record<string, (calls: number) => Promise<number>>>,
  rounds: number,
): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>()
  for (let round = 0; round <= rounds; round++) {
    for (const [name, measure] of Object.entries(subjects)) {
      const value = await measure(CALLS_PER_ROUND)
      if (round > 0) found.set(name, [...(found.get(name) ?? []), value]) // the first warms up
    }
  }
  return found
}

const TYPED_CALLS = 200

export default async function* rpcBenchmark({ options }: BenchmarkInput): AsyncGenerator<Row> {
  const { rounds } = readOptions(options, [{ name: "rounds", default: "5", ...COUNT }])
  yield* rowsOf("bun call", "us", await series(SUBJECTS, Number(rounds)))
  yield* rowsOf("bun call in batch", "us", await series(IN_BATCH, Number(rounds)))
  const instantiations = async (as: "routes" | "procedures"): Promise<number> => {
    const none = await checkTypes(generateCalls(1, as))
    const all = await checkTypes(generateCalls(TYPED_CALLS + 1, as))
    return (all.instantiations - none.instantiations) / TYPED_CALLS
  }
  const [route, procedures] = [await instantiations("routes"), await instantiations("procedures")]
  yield { case: "instantiations", subject: "raw", unit: "per route", value: route, ratioToRaw: 1 }
  yield {
    case: "instantiations",
    subject: "ashlar",
    unit: "per call",
    value: procedures,
    ratioToRaw: procedures / route,
  }
}
