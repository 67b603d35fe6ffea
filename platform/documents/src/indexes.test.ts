import { describe, expect, test } from "bun:test"
import { refusal } from "../test/project.ts"
import { checkIndexed, type Index, memberKeys, parseIndexes, toIndexInfo } from "./indexes.ts"
import type { JsonObject } from "./value.ts"

const asc = (...path: string[]) => ({ path, direction: "asc" as const })
const desc = (...path: string[]) => ({ path, direction: "desc" as const })

describe("an index is read", () => {
  const rows: readonly [input: unknown, index: Index][] = [
    ["a", { name: "a", fields: [asc("a")], kind: "scalar", unique: false }],
    ["-a.b", { name: "-a.b", fields: [desc("a", "b")], kind: "scalar", unique: false }],
    [["a", "-b"], { name: "a,-b", fields: [asc("a"), desc("b")], kind: "scalar", unique: false }],
    [
      { fields: "a", kind: "any" },
      { name: "a:any", fields: [asc("a")], kind: "any", unique: false },
    ],
    [
      { fields: ["t"], kind: "members" },
      { name: "t:members", fields: [asc("t")], kind: "members", unique: false },
    ],
    [
      { fields: [{ path: ["a.b", "c"], direction: "desc" }], unique: true, name: '-["a.b","c"]' },
      { name: '-["a.b","c"]', fields: [desc("a.b", "c")], kind: "scalar", unique: true },
    ],
  ]
  for (const [input, index] of rows) test(JSON.stringify(input), () => expect(parseIndexes([input])).toEqual([index]))
})

test("what is answered may be sent again", () => {
  const indexes = parseIndexes(["a", ["b", "-c.d"], { fields: [{ path: ["x.y"] }], kind: "any" }])
  expect(parseIndexes(indexes.map(toIndexInfo))).toEqual(indexes)
})

describe("indexes are refused", () => {
  const rows: readonly [name: string, indexes: unknown, code: string, pointer: string, hint?: string][] = [
    ["no list", "a", "DOCUMENTS_INDEX_INVALID", "/indexes"],
    ["33 indexes", Array.from({ length: 33 }, (_, i) => `p${i}`), "DOCUMENTS_INDEX_INVALID", "/indexes"],
    ["one twice", ["a", { fields: "a", unique: true }], "DOCUMENTS_INDEX_INVALID", "/indexes"],
    ["a number", [5], "DOCUMENTS_INDEX_INVALID", "/indexes/0"],
    ["no fields", [{}], "DOCUMENTS_INDEX_INVALID", "/indexes/0/fields"],
    ["an empty list of fields", [[]], "DOCUMENTS_INDEX_INVALID", "/indexes/0"],
    ["7 fields", [[..."abcdefg"]], "DOCUMENTS_INDEX_INVALID", "/indexes/0"],
    ["a path twice", [["a", "-a"]], "DOCUMENTS_INDEX_INVALID", "/indexes/0"],
    ["a misspelt kind", [{ fields: "a", kind: "member" }], "DOCUMENTS_INDEX_INVALID", "/indexes/0/kind", "members"],
    ["unique in text", [{ fields: "a", unique: "yes" }], "DOCUMENTS_INDEX_INVALID", "/indexes/0/unique"],
    [
      "unique members",
      [{ fields: "a", kind: "members", unique: true }],
      "DOCUMENTS_INDEX_INVALID",
      "/indexes/0/unique",
    ],
    ["unique any", [{ fields: "a", kind: "any", unique: true }], "DOCUMENTS_INDEX_INVALID", "/indexes/0/unique"],
    ["members of two fields", [{ fields: ["a", "b"], kind: "members" }], "DOCUMENTS_INDEX_INVALID", "/indexes/0"],
    ["a name of one's own", [{ fields: "a", name: "mine" }], "DOCUMENTS_INDEX_INVALID", "/indexes/0/name", '"a"'],
    ["a misspelt field", [{ fields: "a", uniqe: true }], "DOCUMENTS_FIELD_UNKNOWN", "/indexes/0/uniqe", "unique"],
    ["a bad path", ["a..b"], "DOCUMENTS_PATH_INVALID", "/indexes/0"],
  ]
  for (const [name, indexes, code, pointer, hint = ""] of rows) {
    test(name, async () => {
      const { code: got, details, message } = await refusal(() => parseIndexes(indexes))
      expect({ code: got, pointer: details.pointer }).toEqual({ code, pointer })
      expect(message).toContain(hint)
    })
  }
})

describe("a document against an index", () => {
  const long = "é".repeat(512)
  const rows: readonly [index: unknown, document: JsonObject, reason: string | undefined][] = [
    ["a", { a: [1] }, "an array"],
    ["a.b", { a: [{ b: 1 }] }, "an array"],
    ["a.b", { a: [] }, "an array"],
    ["a", { a: {} }, undefined],
    ["a", {}, undefined],
    ["a", { a: long }, undefined],
    ["a", { a: `${long}x` }, "1025 bytes"],
    [["a", "b", "c"], { a: long, b: long, c: "x".repeat(453) }, "2501 bytes"],
    [["a", "b", "c"], { a: long, b: long, c: "x".repeat(452) }, undefined],
    [{ fields: "a", unique: true }, { a: {} }, "an object"],
    [{ fields: "a", kind: "any" }, { a: [`${long}x`] }, undefined],
    [{ fields: "a", kind: "any" }, { a: `${long}x` }, "1025 bytes"],
    [{ fields: "a", kind: "members" }, { a: [`${long}x`] }, "1025 bytes"],
    [{ fields: "a", kind: "members" }, { a: Array.from({ length: 1001 }, (_, i) => i) }, "1001 different members"],
    [{ fields: "a", kind: "members" }, { a: Array.from({ length: 1001 }, () => 1) }, undefined],
  ]
  for (const [input, document, reason] of rows) {
    test(`${JSON.stringify(input)}: ${JSON.stringify(document).slice(0, 40)}`, async () => {
      const { code, message } = await refusal(() => checkIndexed(parseIndexes([input])[0]!, document))
      expect(code).toBe(reason === undefined ? "NONE" : "DOCUMENTS_INDEXED_VALUE_REFUSED")
      if (reason !== undefined) expect(message).toContain(reason)
    })
  }
})

describe("the members of a document", () => {
  const rows: readonly [path: string, document: JsonObject, members: (string | number | boolean | null)[]][] = [
    ["a", { a: [1, "1", true, null, [2], { b: 3 }, 1] }, [1, "1", true, null]],
    ["a", { a: 5 }, [5]],
    ["a", { a: [] }, []],
    ["a", {}, [null]],
    ["a", { a: null }, [null]],
    ["a", { a: [0, -0] }, [0]],
    ["a.b", { a: [{ b: 1 }, { b: [2, 3] }, {}] }, [1, 2, 3]],
    ["a.b", { a: [{}] }, [null]],
  ]
  for (const [path, document, members] of rows) {
    test(`${path} of ${JSON.stringify(document)}`, () => {
      const [index] = parseIndexes([{ fields: path, kind: "members" }])
      expect([...memberKeys(index!, document)]).toEqual(members)
    })
  }
})
