import { describe, expect, test } from "bun:test"
import { readPlan } from "./plan.ts"

describe("the cases of a run", () => {
  const rows: [string, string[], string[]][] = [
    ["", ["bun a", "node l", "deno idle-mb"], []],
    ["bun a,node e", ["bun a", "node e"], ["bun e", "node a", "deno a", "bun start-ms"]],
    [" bun  start-ms , deno", ["bun start-ms", "deno a", "deno idle-mb"], ["bun a", "node a"]],
  ]
  test.each(rows)("of --only %p", (only, chosen, others) => {
    const plan = readPlan(only)
    const has = (name: string): boolean => {
      const [runtime, what] = name.split(" ") as ["bun", string]
      return plan.has(runtime, what)
    }
    expect(chosen.filter(has)).toEqual(chosen)
    expect(others.filter(has)).toEqual([])
  })
  test("a runtime without a case is left alone", () => {
    expect([readPlan("bun a").hasRuntime("bun"), readPlan("bun a").hasRuntime("node")]).toEqual([true, false])
  })
  test.each(["bun z", "ruby a", "a", "bun a node"])("%p is no case", (only) => {
    expect(() => readPlan(only)).toThrow(`No case is named "${only}"`)
  })
})
