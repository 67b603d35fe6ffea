import { describe, expect, test } from "bun:test"
import type { LogLine } from "@ashlar/sdk"
import { addLines, MAX_LINES, shortClock, toInvocations, toRows } from "./logs.ts"

function line(seq: number, invocation: string, more: Partial<LogLine> = {}): LogLine {
  return {
    seq,
    at: new Date(1_795_000_000_000 + seq * 10).toISOString(),
    invocation,
    version: 1,
    kind: "log",
    level: "info",
    message: `line ${seq}`,
    fields: {},
    ...more,
  }
}
function request(seq: number, invocation: string, status: number, durationMs = 25): LogLine {
  return line(seq, invocation, {
    kind: "request",
    message: "",
    fields: { method: "GET", path: `/${invocation}`, status, durationMs },
  })
}

describe("lines", () => {
  test("are kept in order and once, whatever the stream repeats, and no more than fit", () => {
    const first = addLines([], [line(1, "a"), line(2, "a")])
    expect(addLines(first, [line(2, "a"), line(4, "b"), line(3, "a")]).map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    const many = Array.from({ length: MAX_LINES + 10 }, (_, at) => line(at + 1, "a"))
    expect(addLines([], many)).toHaveLength(MAX_LINES)
    expect(addLines([], many)[0]?.seq).toBe(11)
  })

  test("belong to their call, also when calls overlap; a call without its last line runs", () => {
    const calls = toInvocations([line(1, "a"), line(2, "b"), request(3, "a", 200), line(4, "b")])
    expect(calls.map(({ id, lines, request: closed }) => [id, lines.length, closed !== undefined])).toEqual([
      ["a", 1, true],
      ["b", 2, false],
    ])
  })

  test("that are of no call stand together", () => {
    const outside = { ...line(1, ""), invocation: null }
    const calls = toInvocations([outside, line(2, "a"), { ...outside, seq: 3 }])
    expect(calls.map(({ id, lines }) => [id, lines.length])).toEqual([
      ["", 2],
      ["a", 1],
    ])
    expect(toRows(calls, { level: undefined, find: "line 1" })).not.toEqual([])
  })

  test("a call is as grave as its gravest line, its status and its end", () => {
    const warned = [line(1, "a", { level: "warn" }), request(2, "a", 200)]
    const failed = [request(3, "b", 502)]
    const killed = [line(4, "c", { kind: "kill", level: "error", message: "killed" })]
    expect(toInvocations([...warned, ...failed, ...killed]).map(({ level }) => level)).toEqual([
      "warn",
      "error",
      "error",
    ])
  })
})

describe("the filter", () => {
  const calls = toInvocations([
    line(1, "aaaa", { message: "fetching europe", fields: { attempt: 2 } }),
    request(2, "aaaa", 200),
    line(3, "bbbb", { level: "warn", message: "slow" }),
    request(4, "bbbb", 200),
    line(5, "cccc", { kind: "kill", level: "error", message: "killed" }),
    request(6, "cccc", 504),
  ])
  const shown = (level: "warn" | "error" | undefined, find: string) =>
    toRows(calls, { level, find }).map((row) => `${row.kind} ${row.call.id}`)

  test.each([
    [undefined, "europe", ["head aaaa", "line aaaa"]],
    [undefined, "attempt:2", ["head aaaa", "line aaaa"]],
    [undefined, "attempt:3", []],
    [undefined, "status:504", ["head cccc", "line cccc", "detail cccc"]],
    [undefined, "BBBB", ["head bbbb", "line bbbb"]],
    ["warn", "", ["head bbbb", "line bbbb", "head cccc", "line cccc", "detail cccc"]],
    ["error", "", ["head cccc", "line cccc", "detail cccc"]],
    ["error", "slow", []],
  ] as const)("%s %s", (level, find, rows) => expect(shown(level, find)).toEqual([...rows]))
})

test("the parts of a time that the head above has said are left out", () => {
  const head = "2026-11-20T14:52:14.902Z"
  expect(shortClock("2026-11-20T14:52:14.905Z", head)).toBe(".905")
  expect(shortClock("2026-11-20T14:52:15.911Z", head)).toBe("15.911")
  expect(shortClock("2026-11-20T14:53:16.744Z", head)).toMatch(/^\d\d:16\.744$/)
})
