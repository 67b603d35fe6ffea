import { expect, test } from "bun:test"
import { openLab } from "../http/lab.ts"
import { SOAK_SUBJECTS } from "../http/subject.ts"
import { ACTIONS, createPicker } from "./actions.ts"
import { createRandom } from "./random.ts"
import { soak } from "./soak.ts"

test("clients do all they can for two seconds, and nothing is left of them", async () => {
  const lab = await openLab(
    SOAK_SUBJECTS.filter(({ runtime }) => runtime === "bun"),
    async () => process.execPath,
  )
  const server = await lab.start(lab.subjects[0]!, "plain")
  try {
    const result = await soak({ server, durationMs: 2000, onProgress: () => undefined })
    expect([...result.failures]).toEqual([])
    expect(result.actions).toBeGreaterThan(50)
    expect(result.memory.length).toBeGreaterThanOrEqual(2)
    expect(result.heapWarmMb).toBeGreaterThan(0)
    expect(result.openEnd).toBe(0)
  } finally {
    await server.stop()
    lab.close()
  }
}, 30_000)

test("every action is picked, and the same ones in every run", () => {
  const picked = (seed: number): string[] => {
    const pick = createPicker(createRandom(seed))
    return Array.from({ length: 1000 }, () => pick()[0])
  }
  expect(new Set(picked(1))).toEqual(new Set(Object.keys(ACTIONS)))
  expect(picked(1)).toEqual(picked(1))
  expect(picked(1)).not.toEqual(picked(2))
})
