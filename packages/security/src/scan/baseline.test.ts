import { describe, expect, test } from "bun:test"
import { judge, parseBaseline } from "./baseline.ts"
import { findingOf } from "./finding.ts"

describe("a baseline", () => {
  const finding = findingOf("secret/known", { message: "m", place: { file: "test/a.ts", line: 3 }, mark: "x" })
  test("accepts by fingerprint, file and folder, with a reason, and tells what it no longer needs", () => {
    const reason = "keys of the tests"
    for (const how of [{ fingerprint: finding.fingerprint }, { path: "test/a.ts" }, { path: "test/" }]) {
      const stale = { rule: "secret/known", path: "gone.ts", reason }
      const baseline = parseBaseline(JSON.stringify({ accepted: [{ rule: "secret/known", reason, ...how }, stale] }))
      expect(judge([finding], baseline)).toEqual({ findings: [], accepted: [{ ...finding, reason }], unused: [stale] })
    }
    for (const how of [{ path: "test" }, { path: "a.ts" }, { fingerprint: "0" }])
      expect(judge([finding], [{ rule: "secret/known", reason, ...how }]).findings).toEqual([finding])
    expect(judge([finding], [{ rule: "secret/entropy", path: "test/", reason }]).findings).toEqual([finding])
    const moved = findingOf("secret/known", { message: "m", place: { file: "test/a.ts", line: 99 }, mark: "x" })
    expect(moved.fingerprint).toBe(finding.fingerprint)
  })
  test.each([
    "{",
    "[]",
    '{"accepted":[{"rule":"a","path":"b"}]}',
    '{"accepted":[{"rule":"a","path":"b","reason":"short"}]}',
    '{"accepted":[{"rule":"a","reason":"long enough it is"}]}',
    '{"accepted":[null]}',
  ])("%s is refused: SECURITY_SCAN_INPUT_INVALID", (text) =>
    expect(() => parseBaseline(text)).toThrow(expect.objectContaining({ code: "SECURITY_SCAN_INPUT_INVALID" })),
  )
})
