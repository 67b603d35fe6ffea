import { describe, expect, test } from "bun:test"
import { AMOUNT, COUNT, readOptions } from "./options.ts"

const SPECS = [
  { name: "rounds", default: "7", ...COUNT },
  { name: "seconds", default: "0.5", ...AMOUNT },
] as const

describe("options of a benchmark", () => {
  const rows: [string[], Record<string, string>][] = [
    [[], { rounds: "7", seconds: "0.5" }],
    [["--rounds", "3"], { rounds: "3", seconds: "0.5" }],
    [["--seconds=1.5", "--rounds=12"], { rounds: "12", seconds: "1.5" }],
  ]
  test.each(rows)("%p are read", (given, expected) => expect(readOptions(given, SPECS)).toEqual(expected as never))

  const wrong: [string[], string][] = [
    [["--round", "3"], 'Unknown option "--round". Known: --rounds, --seconds.'],
    [["3"], 'Unknown option "3"'],
    [["--rounds", "0"], "Expected --rounds to be a whole number above 0"],
    [["--rounds", "1.5"], 'got "1.5"'],
    [["--rounds"], "got nothing"],
    [["--seconds", "0.0"], "Expected --seconds"],
    [["--seconds", "-1"], "Expected --seconds"],
  ]
  test.each(wrong)("%p are refused", (given, message) => expect(() => readOptions(given, SPECS)).toThrow(message))
})
