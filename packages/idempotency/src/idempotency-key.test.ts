import { expect, test } from "bun:test"
import fc from "fast-check"
import { parseIdempotencyKey } from "./idempotency-key.ts"

test.each<[string, string]>([
  ["8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"],
  ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', "8e03978e-40d5-43dd-bc93-6894a57f9324"],
  ['  "a b"  ', "a b"],
  ['"a\\"b\\\\c"', 'a"b\\c'],
  ['"a";v=1; w', "a"],
  ["a;b", "a;b"],
  ["x".repeat(255), "x".repeat(255)],
  [`"${'\\"'.repeat(255)}"`, '"'.repeat(255)],
])("%s is a key", (header, key) => expect(parseIdempotencyKey(header)).toBe(key))

test.each<[string]>([
  [""],
  ['""'],
  ["   "],
  ["x".repeat(256)],
  [`"${"x".repeat(256)}"`],
  ['"a'],
  ['"a"b'],
  ['"a\\b"'],
  ['"a"; "b"'],
  ["a b"],
  ["a, a"], // two headers, joined
  ['"a", "b"'],
  ["é"],
  ['"é"'],
  ["a\u0000"],
  ['"a\n"'],
])("%p is none", (header) => expect(parseIdempotencyKey(header)).toBe(undefined))

test("a key is read as it was written, in quotes, and two keys are never one", () => {
  const visible = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) })
  fc.assert(
    fc.property(visible, (text) => {
      const quoted = `"${text.replaceAll(/["\\]/g, "\\$&")}"`
      const isKey = text.length >= 1 && text.length <= 255
      expect(parseIdempotencyKey(quoted)).toBe(isKey ? text : undefined)
    }),
  )
})
test("a hostile header takes no time", () => {
  const started = performance.now()
  for (const text of [`"${"\\".repeat(60_000)}`, `"a"${"; ".repeat(30_000)}"`, `"${"a;".repeat(30_000)}`])
    expect(parseIdempotencyKey(text)).toBe(undefined)
  expect(performance.now() - started).toBeLessThan(2_000)
})
