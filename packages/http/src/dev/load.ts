import type { App } from "../app.ts"
import { DevExited } from "../errors.ts"
import { describeTable, type RouteDescription } from "../routes/describe-table.ts"
import { Boot } from "./boot.ts"
import type { Lane } from "./lane.ts"
import type { Modules } from "./modules.ts"
import { newListeners, type ProcessListeners, processListeners, removeListeners } from "./process-listeners.ts"

/** One load of the developer's code: what it listens on, and what it leaves in the process. */
export class Load {
  readonly number: number
  readonly boot: Boot = new Boot()
  /** What answers on the ports that the code listens on, by the key of the port, in the order of its calls. */
  readonly lanes: Map<string, Lane> = new Map()
  routes: readonly RouteDescription[] = []
  #listeners: ProcessListeners = new Map()
  #calls = 0

  constructor(number: number) {
    this.number = number
  }

  /** The number of this call of `listen`, from 0. */
  nextCall(): number {
    return this.#calls++
  }

  /** Runs the code until its app has passed the boot checks and listens. Throws whatever goes wrong. */
  async run(modules: Modules, timeoutMs: number): Promise<void> {
    const before = processListeners()
    const release = refuseExit()
    try {
      const app = await this.boot.run(() => modules.load(), timeoutMs)
      if (![...this.lanes.values()].some((lane) => lane.app === app)) await app.listen()
      this.routes = this.#apps().flatMap((one) => describeTable(one.table()).routes)
    } finally {
      release()
      this.#listeners = newListeners(before, processListeners())
    }
  }

  #apps(): readonly App[] {
    return [...new Set([...this.lanes.values()].map(({ app }) => app))]
  }

  /** Lets requests under way end, ends streams, and takes away what listens to the process. */
  async stop(graceMs: number): Promise<void> {
    removeListeners(this.#listeners)
    await Promise.all(this.#apps().map((app) => app.stop(graceMs)))
  }

  /** Takes back what code that failed has left behind. */
  discard(): void {
    removeListeners(this.#listeners)
  }
}

/** Code that ends the process while it loads would end the code that serves, too: it is told as a failure instead. */
function refuseExit(): () => void {
  const { exit } = process
  process.exit = ((code?: number | string | null): never => {
    throw new DevExited(`The code called process.exit(${code ?? ""}) while it was loaded.`)
  }) as typeof process.exit
  return () => {
    process.exit = exit
  }
}
