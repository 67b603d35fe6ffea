import { runLoad, wireRequest } from "../load.ts"
import type { Row } from "../row.ts"
import { median } from "../statistics.ts"
import type { Install } from "./install.ts"

const RUNTIMES = ["bun", "quickjs"] as const
const COLD_STARTS = 9
const WARM_MS = 2000

/**
 * How long a caller waits for a function: `first`, the very first call after a start of the platform, which also tries
 * the sandbox; `cold`, the first call of a function that has no process; and warm, in turns with a bare Bun server that
 * answers the same.
 */
export async function* measureFunctions(install: Install): AsyncGenerator<Row> {
  for (const runtime of RUNTIMES) {
    for (let turn = 0; turn < COLD_STARTS; turn++) {
      const code = `export default { fetch: () => Response.json({ hello: ${turn} }) }`
      const deployment = { name: `cold-${runtime}-${turn}`, runtime, code, access: "public" }
      await install.call("POST", "/v1/projects/bench/functions", deployment)
    }
  }
  // A deploy leaves its process warm, so the platform starts anew: none of the functions has a process now.
  await install.stop()
  await install.start()
  for (const runtime of RUNTIMES) {
    const times: number[] = []
    for (let turn = 0; turn < COLD_STARTS; turn++) {
      const started = performance.now()
      const answer = await fetch(`${install.url}/f/bench/cold-${runtime}-${turn}`)
      await answer.text()
      times.push(performance.now() - started)
      if (answer.status !== 200) throw new Error(`A cold call was answered with ${answer.status}`)
      await Bun.sleep(400) // the pool puts the next spare there, as between the calls of real life
    }
    const [first, ...others] = times
    yield { case: `first-${runtime}`, subject: "ashlar", unit: "ms", value: first! }
    yield { case: `cold-${runtime}`, subject: "ashlar", unit: "ms", value: median(others) }
  }
  const bare = Bun.spawn([process.execPath, "-e", BARE], { stdout: "pipe", stderr: "inherit", stdin: "ignore" })
  try {
    const { value } = await bare.stdout.getReader().read()
    const bareUrl = new TextDecoder().decode(value).trim()
    for (const runtime of RUNTIMES) {
      const [ashlar, raw] = [[] as number[], [] as number[]]
      for (let round = 0; round < 3; round++) {
        ashlar.push(await latency(install.url, `/f/bench/hello-${runtime}`))
        raw.push(await latency(bareUrl, "/"))
      }
      const [own, reference] = [median(ashlar), median(raw)]
      yield { case: `warm-${runtime}`, subject: "ashlar", unit: "ms", value: own, ratioToRaw: own / reference }
      yield { case: `warm-${runtime}`, subject: "bare-process", unit: "ms", value: reference }
    }
  } finally {
    bare.kill()
  }
}

const BARE = `const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json({ hello: true }) })
console.log("http://127.0.0.1:" + server.port)`

/** The median milliseconds of one caller who asks again and again. */
async function latency(url: string, path: string): Promise<number> {
  const request = wireRequest("GET", path, new URL(url).host, {})
  const { p50 } = await runLoad({ url, connections: 1, durationMs: WARM_MS / 2, status: 200, request: () => request })
  return p50
}
