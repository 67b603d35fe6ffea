import { runLoad, wireRequest } from "../load.ts"
import type { Row } from "../row.ts"
import { median } from "../statistics.ts"
import type { Install } from "./install.ts"

const COLD_STARTS = 9
const WARM_MS = 2000

/**
 * How long a caller waits for a function: cold, when its first call must start it, and warm, in turns with a bare Bun
 * server that answers the same.
 */
export async function* measureFunctions(install: Install): AsyncGenerator<Row> {
  for (const runtime of ["bun", "quickjs"]) {
    const times: number[] = []
    for (let turn = 0; turn < COLD_STARTS; turn++) {
      const name = `cold-${runtime}-${turn}`
      const code = `export default { fetch: () => Response.json({ hello: ${turn} }) }`
      await install.call("POST", "/v1/projects/bench/functions", { name, runtime, code, access: "public" })
      await Bun.sleep(300) // the spare process stands ready again, as it does between a deploy and its first call
      const started = performance.now()
      await (await fetch(`${install.url}/f/bench/${name}`)).text()
      times.push(performance.now() - started)
    }
    yield { case: `cold-${runtime}`, subject: "ashlar", unit: "ms", value: median(times) }
  }
  const bare = Bun.spawn([process.execPath, "-e", BARE], { stdout: "pipe", stderr: "inherit", stdin: "ignore" })
  try {
    const { value } = await bare.stdout.getReader().read()
    const bareUrl = new TextDecoder().decode(value).trim()
    for (const runtime of ["bun", "quickjs"]) {
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
