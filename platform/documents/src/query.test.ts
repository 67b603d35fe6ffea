import { describe, expect, test } from "bun:test"
import { refusal } from "../test/project.ts"
import { parseListQuery, parseQuery } from "./query.ts"
import { parseSelection, select } from "./selection.ts"
import type { JsonObject } from "./value.ts"

test("everything has a default", () => {
  const all = { where: { op: "and", filters: [] }, sort: [], limit: 50, count: false } as const
  expect(parseQuery({})).toEqual(all)
  expect(parseQuery(undefined)).toEqual(all)
  expect(parseListQuery({})).toEqual(all)
})

test("the parameters of a list mean what the body of a query means", () => {
  const body = {
    where: { a: { $gt: 1 } },
    sort: ["-a", "b.c"],
    limit: 7,
    cursor: "x",
    select: ["a", "b.c"],
    count: true,
  }
  const list = {
    where: '{"a":{"$gt":1}}',
    sort: "-a,b.c",
    limit: "7",
    cursor: "x",
    select: "a,b.c",
    count: "true",
  }
  expect(parseListQuery(list)).toEqual(parseQuery(body))
})

test("an order is read in each of its forms", () => {
  const a = { path: ["a"], direction: "asc" }
  const b = { path: ["b", "c"], direction: "desc" }
  expect(parseQuery({ sort: ["a", "-b.c"] }).sort as unknown).toEqual([a, b])
  expect(parseQuery({ sort: [{ path: "a" }, { path: ["b", "c"], direction: "desc" }] }).sort as unknown).toEqual([a, b])
  expect(parseQuery({ sort: "a" }).sort as unknown).toEqual([a])
})

describe("a query is refused", () => {
  const rows: readonly [name: string, query: unknown, code: string, pointer: string, nearest?: string][] = [
    ["no object", [], "DOCUMENTS_QUERY_INVALID", ""],
    ["a text", "where", "DOCUMENTS_QUERY_INVALID", ""],
    ["a misspelt field", { were: {} }, "DOCUMENTS_FIELD_UNKNOWN", "/were", "where"],
    ["a field of another system", { $filter: {} }, "DOCUMENTS_FIELD_UNKNOWN", "/$filter"],
    ["a filter of null", { where: null }, "DOCUMENTS_QUERY_INVALID", "/where"],
    ["a limit of 0", { limit: 0 }, "DOCUMENTS_QUERY_INVALID", "/limit"],
    ["a limit of 1,001", { limit: 1001 }, "DOCUMENTS_QUERY_INVALID", "/limit"],
    ["a limit in text", { limit: "5" }, "DOCUMENTS_QUERY_INVALID", "/limit"],
    ["a limit of a fraction", { limit: 1.5 }, "DOCUMENTS_QUERY_INVALID", "/limit"],
    ["a cursor that is no text", { cursor: 5 }, "DOCUMENTS_QUERY_INVALID", "/cursor"],
    ["count in text", { count: "true" }, "DOCUMENTS_QUERY_INVALID", "/count"],
    ["an order of numbers", { sort: [1] }, "DOCUMENTS_QUERY_INVALID", "/sort/0"],
    ["an order upwards", { sort: [{ path: "a", direction: "up" }] }, "DOCUMENTS_QUERY_INVALID", "/sort/0/direction"],
    ["an order with a misspelt field", { sort: [{ path: "a", dir: "asc" }] }, "DOCUMENTS_FIELD_UNKNOWN", "/sort/0/dir"],
    ["a path twice", { sort: ["a", "-a"] }, "DOCUMENTS_QUERY_INVALID", "/sort"],
    ["9 paths to sort by", { sort: [..."abcdefghi"] }, "DOCUMENTS_QUERY_INVALID", "/sort"],
    ["an empty path", { sort: [""] }, "DOCUMENTS_PATH_INVALID", "/sort/0"],
    ["a selection of nothing", { select: [] }, "DOCUMENTS_QUERY_INVALID", "/select"],
    ["a selection as a text", { select: "a" }, "DOCUMENTS_QUERY_INVALID", "/select"],
    [
      "65 selected paths",
      { select: Array.from({ length: 65 }, (_, i) => `p${i}`) },
      "DOCUMENTS_QUERY_INVALID",
      "/select",
    ],
    ["a selection of a number", { select: [1] }, "DOCUMENTS_PATH_INVALID", "/select/0"],
  ]
  for (const [name, query, code, pointer, nearest] of rows) {
    test(name, async () => {
      const { code: got, details } = await refusal(() => parseQuery(query))
      expect({ code: got, pointer: details.pointer, nearest: details.nearest }).toEqual({ code, pointer, nearest })
    })
  }

  const lists: readonly [name: string, parameters: Record<string, string>, code: string, pointer: string][] = [
    ["a filter that is no JSON", { where: "{a:1}" }, "DOCUMENTS_QUERY_INVALID", "/where"],
    ["a limit that is no number", { limit: "ten" }, "DOCUMENTS_QUERY_INVALID", "/limit"],
    ["a limit with a sign", { limit: "+5" }, "DOCUMENTS_QUERY_INVALID", "/limit"],
    ["count of yes", { count: "yes" }, "DOCUMENTS_QUERY_INVALID", "/count"],
    ["an order with a gap", { sort: "a,,b" }, "DOCUMENTS_PATH_INVALID", "/sort/1"],
    ["an unknown parameter", { offset: "5" }, "DOCUMENTS_FIELD_UNKNOWN", "/offset"],
  ]
  for (const [name, parameters, code, pointer] of lists) {
    test(`as a list: ${name}`, async () => {
      const { code: got, details } = await refusal(() => parseListQuery(parameters))
      expect({ code: got, pointer: details.pointer }).toEqual({ code, pointer })
    })
  }
})

describe("a selection", () => {
  const document: JsonObject = {
    a: 1,
    b: { c: 2, d: { e: 3, f: 4 } },
    list: [{ x: 1, y: 2 }, 5, { y: 3 }, [{ x: 9 }]],
    "dotted.key": 6,
  }
  const rows: readonly [paths: unknown[], selected: JsonObject][] = [
    [["a"], { a: 1 }],
    [["b.c", "a"], { a: 1, b: { c: 2 } }],
    [["b.d.e"], { b: { d: { e: 3 } } }],
    [["b", "b.c"], { b: { c: 2, d: { e: 3, f: 4 } } }],
    [["b.c", "b"], { b: { c: 2, d: { e: 3, f: 4 } } }],
    [["list.x"], { list: [{ x: 1 }, {}] }],
    [["missing", "a.b"], {}],
    [[["dotted.key"]], { "dotted.key": 6 }],
    [["constructor"], {}],
    [["__proto__"], {}],
  ]
  for (const [paths, selected] of rows) {
    test(`of ${JSON.stringify(paths)}`, () => expect(select(document, parseSelection(paths)!)).toEqual(selected))
  }

  test("takes __proto__ as a key", () => {
    const selected = select(JSON.parse('{"__proto__":{"x":1,"y":2},"a":1}'), parseSelection(["__proto__.x"])!)
    expect(JSON.stringify(selected)).toBe('{"__proto__":{"x":1}}')
    expect(Object.getPrototypeOf(selected)).toBe(Object.prototype)
  })
})
