import type { ServerProcess } from "../http/server-process.ts"
import { gatherCrowd } from "./crowd.ts"
import { textFrame } from "./frames.ts"

export interface FanOutOptions {
  readonly server: ServerProcess
  readonly listeners: number
  readonly measureMs: number
  readonly cpuClock: (pid: number) => number
}

export interface FanOut {
  /** Processor microseconds of the server for each message delivered to one listener. */
  readonly cpuUs: number
  readonly perSecond: number
}

/** Messages that are under way at once: the server always has one to send. */
const WINDOW = 4
const WARM_MS = 1000
/** Until the last copies have reached every listener. */
const DRAIN_MS = 10_000

/** One client sends, and everybody gets it: the next message is sent when the sender has its own copy of the last. */
export async function measureFanOut(options: FanOutOptions): Promise<FanOut> {
  const { server, listeners, cpuClock } = options
  const crowd = await gatherCrowd(server.port, listeners)
  const frame = textFrame("x".repeat(32))
  try {
    const talk = async (ms: number): Promise<FanOut> => {
      const [framesBefore, cpuBefore, started] = [crowd.frames, cpuClock(server.pid), performance.now()]
      let [sent, seen] = [0, 0]
      let isOver = false
      const send = (): void => {
        sent++
        crowd.send(frame)
      }
      crowd.onFirst = () => {
        seen++
        if (!isOver) send()
      }
      for (let turn = 0; turn < WINDOW; turn++) send()
      await Bun.sleep(ms)
      isOver = true
      const deadline = performance.now() + DRAIN_MS
      while (crowd.frames - framesBefore < sent * listeners) {
        if (performance.now() > deadline)
          throw new Error(`${crowd.frames - framesBefore} of ${sent * listeners} messages came, ${seen} to the sender`)
        await Bun.sleep(2)
      }
      const delivered = sent * listeners
      const seconds = (performance.now() - started) / 1000
      return { cpuUs: (cpuClock(server.pid) - cpuBefore) / 1000 / delivered, perSecond: delivered / seconds }
    }
    await talk(WARM_MS)
    return await talk(options.measureMs)
  } finally {
    crowd.close()
  }
}
