import { expect, test } from "bun:test"
import { Rehearsal } from "./rehearsal.ts"
import { FrequencySketch, hashKey } from "./sketch.ts"

/** What a rehearsal for so many entries says at the end of each run of requests. */
function shares(
  entries: number,
  runs: readonly (readonly [requests: number, key: (at: number) => string])[],
): number[] {
  const sketch = new FrequencySketch(entries)
  const rehearsal = new Rehearsal(entries, sketch)
  let at = 0
  return runs.map(([requests, key]) => {
    let share = 0
    for (const end = at + requests; at < end; at++) {
      const hash = hashKey(key(at))
      sketch.increment(hash)
      share = rehearsal.request(hash)
    }
    return share
  })
}

/** Each of these is asked for several times soon after it came, and never again. */
const lately = (at: number): string => `lately:${Math.max(0, at - ((at * 7_919) % 1_900))}`
/** More than there is room for, in turns: the latest is the last that is asked for again. */
const turns = (at: number): string => `turns:${at % 1_500}`

test("everything is window until something else is better", () => {
  expect(shares(1_000, [[500, turns]])).toEqual([1])
})
test("the window is what the requests of lately want, and another when they are others", () => {
  const [first, second, third, fourth] = shares(1_000, [
    [40_000, lately],
    [60_000, turns],
    [60_000, lately],
    [60_000, turns],
  ])
  expect([first, second, fourth]).toEqual([1, 0.01, 0.01])
  expect(third).toBeGreaterThanOrEqual(0.85)
})
test("however many or few entries there are", () => {
  for (const entries of [1, 2, 7, 100, 100_000]) {
    const [share] = shares(entries, [[20_000, lately]])
    expect([0.01, 0.3, 0.85, 1]).toContain(share!)
  }
})
