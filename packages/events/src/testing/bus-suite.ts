import { describe, expect, test } from "bun:test"
import { BusStage, type BusSuiteOptions } from "./bus-stage.ts"
import { testDeadLetters } from "./cases/dead-letter-cases.ts"
import { testDelivery } from "./cases/delivery-cases.ts"
import { testFaults } from "./cases/fault-cases.ts"
import { testReplay } from "./cases/replay-cases.ts"

export type { BusSuiteOptions } from "./bus-stage.ts"

/**
 * The suite that every bus passes, with its faults: what is promised as data decides what is asked.
 * @example
 * describeBus("mine", { open: (options) => openBus(myDriver(), options), guarantees: myGuarantees })
 */
export function describeBus(name: string, suite: BusSuiteOptions): void {
  describe(`a bus over ${name}`, () => {
    /** Runs a test on a stage of its own. */
    const on = (what: string, act: (stage: BusStage) => Promise<void>, timeoutMs = 30_000): void => {
      test(
        what,
        async () => {
          const stage = new BusStage(suite)
          try {
            await act(stage)
          } finally {
            await stage.end()
          }
        },
        timeoutMs,
      )
    }
    testDelivery(on, suite)
    testDeadLetters(on)
    testReplay(on, suite)
    testFaults(on, suite)
    test("promises what a bus must", () => {
      expect(suite.guarantees.orderedByKey).toBe(true)
      expect(suite.guarantees.maxPayloadBytes).toBeGreaterThanOrEqual(64 * 1024)
    })
  })
}
