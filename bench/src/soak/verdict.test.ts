import { describe, expect, test } from "bun:test"
import { judge, type SoakRecord } from "./verdict.ts"

const memoryOf = (megabytes: (second: number) => number): SoakRecord["memory"] =>
  Array.from({ length: 301 }, (_, second) => [second, megabytes(second)] as const)
const FLAT: SoakRecord = {
  memory: memoryOf((second) => 80 + (second % 7)),
  heapWarmMb: 10,
  heapEndMb: 10.5,
  filesBefore: 20,
  filesEnd: 24,
  openEnd: 0,
}

describe("a soak", () => {
  const flat: [string, Partial<SoakRecord>][] = [
    ["whose memory goes up and down", {}],
    ["whose memory grows only at first", { memory: memoryOf((second) => Math.min(second, 100) + 40) }],
    ["whose memory shrinks", { memory: memoryOf((second) => 200 - second / 10), heapEndMb: 5 }],
    ["of a small heap that gained half a MB", { heapWarmMb: 2, heapEndMb: 2.5 }],
  ]
  test.each(flat)("%s ends flat", (_what, part) => expect(judge({ ...FLAT, ...part }).problems).toEqual([]))

  const leaks: [string, Partial<SoakRecord>, string][] = [
    ["that leaks steadily", { memory: memoryOf((second) => 80 + second / 10) }, "grew by 15.0 MB"],
    ["that keeps objects", { heapEndMb: 15 }, "from 10.0 to 15.0 MB"],
    ["that keeps sockets", { filesEnd: 500 }, "500 files"],
    ["that keeps a stream", { openEnd: 1 }, "1 streams"],
  ]
  test.each(leaks)("%s does not", (_what, part, words) => {
    const { problems } = judge({ ...FLAT, ...part })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(words)
  })
  test("tells its growth by the minute", () => {
    expect(judge({ ...FLAT, memory: memoryOf((second) => 80 + second / 60) }).growthMbPerMinute).toBeCloseTo(1)
  })
})
