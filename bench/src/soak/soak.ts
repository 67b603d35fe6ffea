import { openFiles, residentMegabytes } from "../http/process-memory.ts"
import type { ServerProcess } from "../http/server-process.ts"
import { createPicker } from "./actions.ts"
import { createRandom } from "./random.ts"
import type { SoakRecord } from "./verdict.ts"

export interface SoakOptions {
  readonly server: ServerProcess
  readonly durationMs: number
  /** Told every ten seconds how far it is. */
  readonly onProgress: (seconds: number, megabytes: number, actions: number) => void
}

export interface SoakResult extends SoakRecord {
  readonly actions: number
  /** What went wrong, by its words, and how often: a soak whose actions fail says nothing. */
  readonly failures: ReadonlyMap<string, number>
}

/** Clients that act at the same time. */
const CLIENTS = 8
/** Between two actions of a client: the soak is about memory, and should leave the machine some time. */
const PAUSE_MS = 2
/** The part of the time after which a server counts as warm. */
const WARM_PART = 0.25
/** Until clients' connections are closed and what they left is cleaned up. */
const REST_MS = 3000

/** Lets clients come, go and misbehave for a time, and records what the server holds meanwhile. */
export async function soak({ server, durationMs, onProgress }: SoakOptions): Promise<SoakResult> {
  const target = { port: server.port, url: `http://127.0.0.1:${server.port}` }
  const failures = new Map<string, number>()
  const memory: [number, number][] = []
  const started = performance.now()
  const elapsed = (): number => performance.now() - started
  let actions = 0
  const client = async (seed: number): Promise<void> => {
    const random = createRandom(seed)
    const pick = createPicker(random)
    while (elapsed() < durationMs) {
      const [name, action] = pick()
      await action(target, random).catch((error: Error) => {
        const words = `${name}: ${error.message}`
        failures.set(words, (failures.get(words) ?? 0) + 1)
      })
      actions++
      await Bun.sleep(PAUSE_MS)
    }
  }
  const filesBefore = openFiles(server.pid)
  let heapWarmMb = 0
  const watch = async (): Promise<void> => {
    for (let second = 0; elapsed() < durationMs; second++) {
      const megabytes = residentMegabytes(server.pid)
      memory.push([elapsed() / 1000, megabytes])
      if (second % 10 === 9) onProgress(second + 1, megabytes, actions)
      if (heapWarmMb === 0 && elapsed() > durationMs * WARM_PART) heapWarmMb = (await leftovers(target.url)).heapMb
      await Bun.sleep(Math.max(0, (second + 1) * 1000 - elapsed()))
    }
  }
  await Promise.all([watch(), ...Array.from({ length: CLIENTS }, (_, seed) => client(seed + 1))])
  await Bun.sleep(REST_MS)
  const { heapMb: heapEndMb, open: openEnd } = await leftovers(target.url)
  return { memory, heapWarmMb, heapEndMb, filesBefore, filesEnd: openFiles(server.pid), openEnd, actions, failures }
}

async function leftovers(url: string): Promise<{ readonly heapMb: number; readonly open: number }> {
  const answer = await fetch(`${url}/memory`)
  const { heapBytes, streams, uploads } = (await answer.json()) as Record<"heapBytes" | "streams" | "uploads", number>
  return { heapMb: heapBytes / 2 ** 20, open: streams + uploads }
}
