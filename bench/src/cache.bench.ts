/** What a hit costs, which requests a full cache answers, and what keeping answers saves a slow route. */
import { join } from "node:path"
import type { BenchmarkInput } from "./benchmark.ts"
import { measureHit } from "./cache/measure-hit.ts"
import { missRatios } from "./cache/miss-ratio.ts"
import { CACHE_SUBJECTS } from "./cache/subjects.ts"
import { runLoad, wireRequest } from "./load.ts"
import { AMOUNT, COUNT, readOptions } from "./options.ts"
import { createProgress } from "./progress.ts"
import type { Row } from "./row.ts"
import { rowsOf, SeriesBook } from "./series.ts"

const OPTIONS = [
  { name: "rounds", default: "7", ...COUNT },
  { name: "seconds", default: "1", ...AMOUNT },
] as const

/** The routes of `serve-process.ts`: the kept one beside what it costs without, and beside one that does nothing. */
const ROUTES = [
  ["ashlar", "/kept"],
  ["raw", "/static"],
  ["uncached", "/slow"],
] as const
/** One caller at a time, and as many as keep the server busy. */
const CONNECTIONS = [1, 16] as const

export default async function* cache({ options }: BenchmarkInput): AsyncGenerator<Row> {
  const given = readOptions(options, OPTIONS)
  const rounds = Number(given.rounds)
  const book = new SeriesBook()
  const cases = [...new Set(CACHE_SUBJECTS.flatMap(({ operations }) => Object.keys(operations)))]
  const progress = createProgress(rounds * 2)
  for (let round = 0; round < rounds; round++) {
    for (const { name, operations } of round % 2 === 0 ? CACHE_SUBJECTS : CACHE_SUBJECTS.toReversed())
      for (const [what, operation] of Object.entries(operations)) book.add(what, name, await measureHit(operation))
    progress.step(`hits ${round + 1}/${rounds}`)
  }
  for (const what of cases) yield* rowsOf(what, "us", book.of(what))
  for (const { name, series } of missRatios()) yield* rowsOf(`missed ${name}`, "%", series)
  const server = await startServer()
  try {
    for (let round = 0; round < rounds; round++) {
      for (const connections of CONNECTIONS)
        for (const [name, path] of round % 2 === 0 ? ROUTES : ROUTES.toReversed()) {
          const request = wireRequest("GET", path, new URL(server.url).host, {})
          const durationMs = Number(given.seconds) * 1000
          const load = { url: server.url, connections, status: 200, request: () => request }
          await runLoad({ ...load, durationMs: durationMs / 4 })
          book.add(`route p50, ${connections} at once`, name, (await runLoad({ ...load, durationMs })).p50 * 1000)
        }
      progress.step(`routes ${round + 1}/${rounds}`)
    }
  } finally {
    server.stop()
  }
  progress.end()
  for (const connections of CONNECTIONS) {
    const what = `route p50, ${connections} at once`
    yield* rowsOf(what, "us", book.of(what))
  }
}

async function startServer(): Promise<{ readonly url: string; stop(): void }> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "cache", "serve-process.ts")], {
    env: { ...process.env, NODE_ENV: "production" },
    stdout: "pipe",
    stderr: "inherit",
  })
  const { value } = await child.stdout.getReader().read()
  return { url: new TextDecoder().decode(value).trim(), stop: () => child.kill() }
}
