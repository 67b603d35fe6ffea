import { expect, test } from "bun:test"
import { Watchdog } from "./watchdog.ts"

test("looks often while anything is busy, seldom while all wait, and not at all when there is nothing", async () => {
  const watchdog = new Watchdog()
  const seen = { busy: false, samples: 0, sample: () => void seen.samples++ }
  const samplesIn = async (ms: number): Promise<number> => {
    const before = seen.samples
    await Bun.sleep(ms)
    return seen.samples - before
  }
  watchdog.add(seen)
  await Bun.sleep(80)
  const waiting = await samplesIn(600)
  seen.busy = true
  watchdog.wake()
  const busy = await samplesIn(600)
  expect(waiting).toBeLessThanOrEqual(3)
  expect(busy).toBeGreaterThan(waiting * 2)
  watchdog.remove(seen)
  await Bun.sleep(60)
  expect(await samplesIn(300)).toBe(0)
  watchdog.close()
})
