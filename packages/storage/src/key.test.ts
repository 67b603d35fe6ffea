import { expect, test } from "bun:test"
import fc from "fast-check"
import { checkKey, compareKeys } from "./key.ts"

test("keys are ordered as their bytes are", () => {
  const text = fc.string({ unit: "grapheme" }).filter((one) => one.isWellFormed())
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))))
    }),
  )
})
test("no key that is taken leads out of a folder", () => {
  const { resolve, win32 } = require("node:path") as typeof import("node:path")
  const part = fc.constantFrom("..", ".", "/", "\\", "a", "C:", "\0", "~", " ", "NUL", "%2e", "é", "e\u0301")
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const key = parts.join("")
      try {
        checkKey(key)
      } catch {
        return
      }
      expect(resolve("/root", key)).toBe(`/root/${key}`)
      expect(win32.resolve("C:\\root", key)).toBe(`C:\\root\\${key.replaceAll("/", "\\")}`)
    }),
    { numRuns: 5_000 },
  )
})
