import { AshlarError } from "@ashlar/core"
import { BusFailed } from "../errors.ts"

/** What goes wrong within is a failure of the bus, unless it is one of ours already. @throws {EVENTS_BUS_FAILED} */
export async function asBusFailed<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof AshlarError && cause.code.startsWith("EVENTS_")) throw cause
    throw new BusFailed(`${what} failed.`, { cause })
  }
}
