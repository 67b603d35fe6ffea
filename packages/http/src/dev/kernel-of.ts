import type { App } from "../app.ts"
import type { Kernel } from "../kernel.ts"
import { type Listen, listenThrough } from "../server.ts"

/** The kernel of an app of our own, which answers on ports of others. */
export async function kernelOf(app: App): Promise<Kernel> {
  let found: Kernel | undefined
  const capture: Listen = async (kernel, { port, host }) => {
    found = kernel
    return { port, host, url: "", stop: async () => 0 }
  }
  listenThrough(capture)
  await app.listen()
  listenThrough(undefined)
  return found as Kernel
}
