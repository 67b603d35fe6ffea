import { describe, expect, test } from "bun:test"
import { refusal } from "../test/project.ts"
import { type CursorScope, createCursor, readCursor } from "./cursor.ts"
import { parseQuery } from "./query.ts"

const scope = (
  changes: Partial<CursorScope> = {},
  query: unknown = { where: { a: 1 }, sort: ["b", "-c"] },
): CursorScope => ({
  key: new Uint8Array(32).fill(1),
  collection: "c",
  query: parseQuery(query),
  keyVersion: "v1",
  ...changes,
})
const position = { values: ["é😀", 1e21], id: "x" } as const

test("a cursor gives the place back", () => {
  for (const values of [
    ["é😀", 1e21],
    [null, true],
    [[], {}],
    [-0.5, false],
  ] as const) {
    const place = { values, id: "0190-x" }
    expect(readCursor(scope(), createCursor(scope(), place))).toEqual(place as never)
  }
})

test("a cursor goes on with another page size, selection or count", () => {
  const other = scope({}, { where: { a: 1 }, sort: ["b", "-c"], limit: 3, select: ["a"], count: true })
  expect(readCursor(other, createCursor(scope(), position))).toEqual(position)
})

describe("a cursor is refused", () => {
  const rows: readonly [name: string, scope: CursorScope][] = [
    ["of another key", scope({ key: new Uint8Array(32).fill(2) })],
    ["of another collection", scope({ collection: "d" })],
    ["of another version of keys", scope({ keyVersion: "v2" })],
    ["of another filter", scope({}, { where: { a: 2 }, sort: ["b", "-c"] })],
    ["of another order", scope({}, { where: { a: 1 }, sort: ["b", "c"] })],
    ["of a longer order", scope({}, { where: { a: 1 }, sort: ["b", "-c", "d"] })],
  ]
  for (const [name, other] of rows) {
    test(name, async () => {
      expect((await refusal(() => readCursor(other, createCursor(scope(), position)))).code).toBe(
        "DOCUMENTS_CURSOR_INVALID",
      )
    })
  }

  const good = createCursor(scope(), position)
  const [payload = "", signature = ""] = good.split(".")
  const forged = Buffer.from(JSON.stringify(["?", ["a", 1], "x"])).toString("base64url")
  const texts: readonly [name: string, cursor: string][] = [
    ["empty", ""],
    ["a dot", "."],
    ["no signature", payload],
    ["a cut signature", good.slice(0, -4)],
    ["another signature", `${payload}.${signature.split("").reverse().join("")}`],
    ["another payload", `${forged}.${signature}`],
    ["a third part", `${good}.x`],
    ["not base64", "§§§.§§§"],
    ["very long", "x".repeat(1_000_000)],
  ]
  for (const [name, cursor] of texts) {
    test(name, async () => {
      expect((await refusal(() => readCursor(scope(), cursor))).code).toBe("DOCUMENTS_CURSOR_INVALID")
    })
  }
})

test("a cursor carries strings up to 1,024 bytes", async () => {
  const at = (text: string) => ({ values: [text, 1], id: "x" })
  expect(readCursor(scope(), createCursor(scope(), at("é".repeat(512)))).values[0]).toBe("é".repeat(512))
  const { code, details } = await refusal(() => createCursor(scope(), at(`${"é".repeat(512)}x`)))
  expect(code).toBe("DOCUMENTS_SORT_KEY_TOO_LONG")
  expect(details).toEqual({ path: "b", sizeBytes: 1025, maxBytes: 1024 })
})
