import { describe, expect, test } from "bun:test"
import { refusal } from "../test/project.ts"
import { formatPath, parsePath, pathText, someReached } from "./path.ts"
import type { Json } from "./value.ts"

describe("a path is read", () => {
  const rows: readonly [input: unknown, path: string[]][] = [
    ["a", ["a"]],
    ["a.b.0", ["a", "b", "0"]],
    [
      ["a.b", "c"],
      ["a.b", "c"],
    ],
    [
      ["", ""],
      ["", ""],
    ],
    ["__proto__.a", ["__proto__", "a"]],
    ["$x", ["$x"]],
    ["a.b.c.d.e.f.g.h", ["a", "b", "c", "d", "e", "f", "g", "h"]],
  ]
  for (const [input, path] of rows) test(JSON.stringify(input), () => expect(parsePath(input, "/p")).toEqual(path))
})

describe("a path is refused", () => {
  const rows: readonly unknown[] = [
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    "a.b.c.d.e.f.g.h.i",
    [],
    [1],
    [["a"]],
    1,
    null,
    undefined,
    {},
    "a\0b",
    "\ud800",
    "x".repeat(257),
  ]
  for (const input of rows) {
    test(`${JSON.stringify(input)?.slice(0, 40)}`, async () => {
      const { code, details } = await refusal(() => parsePath(input, "/p"))
      expect({ code, pointer: details.pointer }).toEqual({ code: "DOCUMENTS_PATH_INVALID", pointer: "/p" })
    })
  }
})

test("a path is written dotted where that is unambiguous", () => {
  expect(formatPath(["a", "b"])).toBe("a.b")
  expect(formatPath(["a.b", "c"])).toEqual(["a.b", "c"])
  expect(pathText(["a", ""])).toBe('["a",""]')
})

describe("a path reaches", () => {
  const rows: readonly [path: string, value: Json, reached: Json[]][] = [
    ["a", { a: 1 }, [1]],
    ["a", {}, []],
    ["a.b", { a: { b: 1 } }, [1]],
    ["a.b", { a: 1 }, []],
    ["a.b", { a: null }, []],
    ["a.b", { a: [{ b: 1 }, { b: 2 }, {}, 3, null] }, [1, 2]],
    ["a.b", { a: [[{ b: 1 }]] }, []],
    ["a.b.c", { a: [{ b: [{ c: 1 }, { c: 2 }] }, { b: { c: 3 } }] }, [1, 2, 3]],
    ["a.0", { a: [5, 6] }, [5]],
    ["a.2", { a: [5, 6] }, []],
    ["a.0", { a: { "0": 5 } }, [5]],
    ["a.0", { a: [{ "0": 7 }] }, [{ "0": 7 }]],
    ["a.00", { a: [{ "00": 7 }] }, [7]],
    ["a.0.b", { a: [{ b: 1 }, { b: 2 }] }, [1]],
    ["a.b.0", { a: [{ b: [8, 9] }] }, [8]],
    ["a.length", { a: [1, 2] }, []],
    ["constructor", {}, []],
    ["__proto__", {}, []],
    ["__proto__", JSON.parse('{"__proto__":1}'), [1]],
    ["toString.name", { a: 1 }, []],
  ]
  for (const [path, value, reached] of rows) {
    test(`${path} in ${JSON.stringify(value)}`, () => {
      const found: Json[] = []
      someReached(value, parsePath(path, ""), (each) => {
        found.push(each)
        return false
      })
      expect(found).toEqual(reached)
    })
  }
})
