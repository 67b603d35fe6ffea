import { expect } from "bun:test"
import { on as handler } from "../../bus/handler.ts"
import { type BusSuiteOptions, numbersOf, range, sorted, until } from "../bus-stage.ts"
import type { On } from "./delivery-cases.ts"

export function testReplay(on: On, { guarantees }: BusSuiteOptions): void {
  const { replayFromTime, replayFromPosition } = guarantees
  if (!replayFromTime)
    on("refuses to begin in the past, which it cannot", async (stage) => {
      for (const from of ["beginning", new Date(), { position: "1" }] as const)
        expect(
          await stage.here
            .subscribe(
              { from },
              handler("**", () => 0),
            )
            .catch((error) => error),
        ).toMatchObject({
          code: "CORE_DRIVER_GUARANTEE_MISSING",
        })
    })
  else {
    on("begins at the beginning, for a listener and for a new group", async (stage) => {
      await stage.publish(1, 6, () => "k")
      const [listener, group] = [
        await stage.collect(stage.there, { from: "beginning" }),
        await stage.collect(stage.there, { group: "a", from: "beginning" }),
      ]
      await stage.publish(7, 8, () => "k")
      for (const { got } of [listener, group]) {
        await until("all are there", () => got.length >= 8)
        expect(numbersOf(got)).toEqual(range(1, 8))
      }
    })
    on("begins at a time, for a listener and for a new group", async (stage) => {
      await stage.publish(1, 3)
      await Bun.sleep(1_100) // what clocks of this machine and a server in it can differ by, and more
      const from = new Date()
      await Bun.sleep(300)
      await stage.publish(4, 6)
      const all = [await stage.collect(stage.there, { from }), await stage.collect(stage.there, { group: "a", from })]
      await stage.publish(7, 7)
      for (const { got } of all) {
        await until("all are there", () => got.length >= 4)
        expect(sorted(numbersOf(got))).toEqual(range(4, 7))
      }
    })
    on("does not begin again with a group that was there", async (stage) => {
      const { got, subscription } = await stage.collect(stage.here, { group: "a", from: "beginning" })
      await stage.publish(1, 3)
      await until("all are there", () => got.length === 3)
      await subscription.stop()
      const again = await stage.collect(stage.there, { group: "a", from: "beginning" })
      await stage.publish(4, 4)
      await until("the next is there", () => again.got.length > 0)
      expect(numbersOf(again.got)).toEqual([4])
    })
  }
  if (replayFromPosition)
    on("goes on after a position", async (stage) => {
      const first = await stage.collect(stage.here, { from: "beginning" })
      await stage.publish(1, 9, (n) => `k${n % 3}`)
      await until("all are there", () => first.got.length === 9)
      const at = first.got[4]!
      const seen = numbersOf(first.got.slice(0, 5))
      const second = await stage.collect(stage.there, { from: { position: at.position } })
      await until("the rest is there", () => second.got.length >= 4)
      await stage.publish(10, 10)
      await until("the next is there", () => numbersOf(second.got).includes(10))
      expect(sorted(numbersOf(second.got))).toEqual(range(1, 10).filter((n) => !seen.includes(n)))
      expect(
        await stage.here
          .subscribe(
            { from: { position: "no position" } },
            handler("**", () => 0),
          )
          .catch((error) => error),
      ).toMatchObject({ code: "EVENTS_OPTION_INVALID" })
    })
}
