import { describe, expect, test } from "bun:test"
import { FORMATS } from "./formats.ts"
import { v } from "./v.ts"
import { validate } from "./validate.ts"

type Name = keyof typeof FORMATS

const rows: readonly [Name, readonly string[], readonly string[]][] = [
  [
    "ulid",
    ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "7zzzzzzzzzzzzzzzzzzzzzzzzz"],
    ["8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEKTSV4RRFFQ69G5FA", ""],
  ],
  ["nanoid", ["V1StGXR8_Z5jdHi6B-myT"], ["V1StGXR8_Z5jdHi6B-my", "V1StGXR8_Z5jdHi6B-myT1", "V1StGXR8 Z5jdHi6B-myT"]],
  [
    "ipv4",
    ["0.0.0.0", "255.255.255.255", "192.168.1.10"],
    ["256.0.0.1", "01.2.3.4", "1.2.3", "1.2.3.4.", "1.2.3.4.5", "1.2.3.4\n", " 1.2.3.4", "1..2.3", "", "a.b.c.d"],
  ],
  [
    "ipv6",
    [
      "::",
      "::1",
      "1::",
      "2001:db8::8a2e:370:7334",
      "1:2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7::",
      "::ffff:192.0.2.1",
      "1:2:3:4:5:6:1.2.3.4",
    ],
    [
      "",
      ":",
      ":::",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1::2::3",
      "1:2:3:4:5:6:7:8::",
      "12345::",
      "::g",
      "fe80::1%eth0",
      "1.2.3.4::",
      "1:2:3:4:5:6:7:1.2.3.4",
      "::1.2.3.256",
      "::1\n",
    ],
  ],
  ["ip", ["10.0.0.1", "::1"], ["10.0.0", "x"]],
  [
    "cidr",
    ["10.0.0.0/8", "::/0", "2001:db8::/128", "0.0.0.0/32"],
    ["10.0.0.0/33", "::/129", "10.0.0.0", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/", "/8", "10.0.0.0/8/8"],
  ],
  ["mac", ["00:1A:2b:3c:4D:5e", "00-1A-2b-3c-4D-5e"], ["00:1A-2b:3c:4D:5e", "00:1A:2b:3c:4D", "00:1A:2b:3c:4D:5g"]],
  [
    "hostname",
    ["localhost", "example.org", "a-b.c1", "xn--bcher-kva.example", "1.2", `${"a".repeat(63)}.b`],
    ["", "-a.b", "a-.b", "a..b", ".a", "a.", "a_b", `${"a".repeat(64)}.b`, `${"a.".repeat(127)}b`, "a b", "a\n"],
  ],
  ["base64", ["", "TQ==", "TWE=", "TWFu", "+/+/"], ["TQ=", "TQ", "TQ===", "T=Q=", "-_-_", "TWFu\n"]],
  ["base64url", ["", "TQ", "TWE", "-_-_"], ["TQ==", "A", "+/+/", "a b c"]],
  ["hex", ["0", "dead", "BEEF01"], ["", "0x1", "g"]],
  [
    "jwt",
    ["eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "eyJhbGciOiJub25lIn0.e30."],
    [
      "",
      "a.b",
      "a.b.c",
      "e30.e30.c2ln",
      "eyJhbGciOiJIUzI1NiJ9.e30",
      "eyJhbGciOiJIUzI1NiJ9.e30.c2ln.x",
      "bnVsbA.e30.c2ln",
      "eyJhbGciOjF9.e30.c2ln",
    ],
  ],
  [
    "date",
    ["2024-02-29", "2000-02-29", "1999-12-31", "0000-01-01"],
    [
      "2023-02-29",
      "1900-02-29",
      "2024-04-31",
      "2024-13-01",
      "2024-00-10",
      "2024-01-00",
      "2024-1-1",
      "24-01-01",
      "2024-01-01T00:00:00Z",
      "2024-01-01\n",
    ],
  ],
  [
    "datetime",
    [
      "2026-01-31T12:00:00Z",
      "2026-01-31t12:00:00.123456789+05:30",
      "1998-12-31T23:59:60Z",
      "1998-12-31T15:59:60.123-08:00",
    ],
    [
      "2026-01-31T12:00:00",
      "2026-01-31 12:00:00Z",
      "2026-01-31T24:00:00Z",
      "2026-01-31T12:60:00Z",
      "1998-12-31T23:58:60Z",
      "1998-12-31T22:59:60Z",
      "2026-02-30T12:00:00Z",
      "2026-01-31T12:00Z",
      "2026-01-31T12:00:00+24:00",
    ],
  ],
  ["time", ["00:00", "23:59:59", "12:30:15.5"], ["24:00", "1:00", "12:60", "12:00:60", "12", "12:00Z"]],
  [
    "duration",
    ["P1D", "PT1H", "P1Y2M3DT4H5M6S", "P4W", "PT0S", "P1M", "PT1M", "P1Y", "P1DT12H"],
    ["", "P", "PT", "P1DT", "1D", "P1W1D", "PT1D", "P1S", "P1D2Y", "P1Y1D", "PT1H1S", "P-1D", "P1.5D"],
  ],
  ["slug", ["a", "hello-world-2"], ["", "-a", "a-", "a--b", "A", "a_b", "ä"]],
  [
    "phone",
    ["+4930123456", "+123456789012345"],
    ["4930123456", "+0123456789", "+49 30 123456", "+1234567890123456", "+12345"],
  ],
  ["trimmed", ["", "a", "a b"], [" a", "a\n", " "]],
  ["lowercased", ["", "abc1", "straße"], ["Abc"]],
  ["uppercased", ["", "ABC1"], ["ABc"]],
]

describe.each(rows)("v.string().%s()", (name, good, bad) => {
  const schema = v.string()[name]()
  test.each(good)("takes %p", (text) => {
    expect(validate(schema, text)).toEqual({ value: text })
  })
  test.each(bad)("refuses %p", (text) => {
    expect(validate(schema, text).issues).toMatchObject([{ code: "format", received: "other text" }])
  })
})

test("every format is tried here or in string.test.ts, and takes time linear in the text", () => {
  const tried = new Set<string>([...rows.map(([name]) => name), "email", "url", "uuid"])
  expect(Object.keys(FORMATS).filter((name) => !tried.has(name))).toEqual([])
  const started = performance.now()
  for (const piece of ["a", "0", "1.", "a-", ":", "1:", "P1D", "=", "eyJ.", " ", "/", "-"])
    for (const { fits } of Object.values(FORMATS)) fits(piece.repeat(200_000))
  expect(performance.now() - started).toBeLessThan(2_000)
})

test.each([
  [v.string().startsWith("a.b"), "a.b!", "aXb", 'text that starts with "a.b"'],
  [v.string().endsWith("$"), "5$", "5", 'text that ends with "$"'],
  [v.string().includes("(x)"), "f(x)", "fx", 'text that includes "(x)"'],
])("row %# takes and refuses", (schema, good, bad, expected) => {
  expect(validate(schema, good)).toEqual({ value: good })
  expect(validate(schema, bad).issues).toMatchObject([{ code: "format", expected }])
  const { pattern } = schema["~standard"].jsonSchema.input({ target: "draft-2020-12" })
  expect([new RegExp(pattern as string, "u").test(good), new RegExp(pattern as string, "u").test(bad)]).toEqual([
    true,
    false,
  ])
})

test("uppercase and normalize change text", () => {
  expect(validate(v.string().uppercase(), "äb")).toEqual({ value: "ÄB" })
  expect(validate(v.string().normalize(), "e\u0301")).toEqual({ value: "é" })
  expect(validate(v.string().normalize("NFD"), "é")).toEqual({ value: "e\u0301" })
})
