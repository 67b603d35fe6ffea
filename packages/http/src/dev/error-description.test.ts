import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { RouteDuplicate } from "../errors.ts"
import { describeError } from "./error-description.ts"
import { type OwnCode, ownCodeOf } from "./own-code.ts"

let folder: string
let own: OwnCode

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ashlar-error-"))
  writeFileSync(join(folder, "package.json"), "{}")
  own = ownCodeOf(join(folder, "app.ts"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What importing this text throws. */
async function thrownBy(name: string, text: string): Promise<unknown> {
  const path = join(folder, name)
  writeFileSync(path, text)
  return import(path).then(
    () => undefined,
    (error: unknown) => error,
  )
}

test("code that cannot be read is shown at its line, with what stands around it", async () => {
  const error = await thrownBy("syntax.ts", "const a = 1\n\tconst b = ;\nconst c = 3\n")
  expect(describeError(error, own)).toEqual({
    name: "SyntaxError",
    message: "Unexpected ;",
    frame: {
      file: "syntax.ts",
      line: 2,
      column: 12,
      lines: [
        { number: 1, text: "const a = 1" },
        { number: 2, text: " const b = ;" },
        { number: 3, text: "const c = 3" },
        { number: 4, text: "" },
      ],
    },
    stack: [],
  })
})

test("what is thrown is shown where the developer's own code is nearest, with its cause", async () => {
  const text = [
    "function inner() {",
    "  JSON.parse('{')",
    "}",
    "try {",
    "  inner()",
    "} catch (cause) {",
    "  throw new RangeError('no settings', { cause })",
    "}",
  ].join("\n")
  const described = describeError(await thrownBy("thrown.ts", text), own)
  expect(described).toMatchObject({ name: "RangeError", message: "no settings", frame: { file: "thrown.ts", line: 7 } })
  expect(described.stack[0]).toMatch(/^thrown\.ts:7:\d+$/)
  expect(described.cause).toMatchObject({ name: "SyntaxError", frame: { file: "thrown.ts", line: 2 } })
  expect(described.cause?.stack.join("\n")).toContain("inner (thrown.ts:2:")
})

test("an import that leads nowhere is shown at the import", async () => {
  const described = describeError(
    await thrownBy("import.ts", 'const a = 1\nimport { b } from "./gone.ts"\nb(a)\n'),
    own,
  )
  expect(described).toMatchObject({ frame: { file: "import.ts", line: 2 } })
  expect(described.message).toBe("Cannot find module './gone.ts' imported from import.ts")
})

test("a boot error is shown at the declaration that it names", () => {
  writeFileSync(join(folder, "routes.ts"), "one\ntwo\nthree\n")
  const place = join(folder, "routes.ts")
  const error = new RouteDuplicate(`Two routes take GET /a: ${place}:2 and ${place}:3. Remove one.`)
  error.stack = `RouteDuplicate: x\n    at freeze (/framework/table.ts:1:1)`
  expect(describeError(error, own)).toMatchObject({
    code: "HTTP_ROUTE_DUPLICATE",
    message: "Two routes take GET /a: routes.ts:2 and routes.ts:3. Remove one.",
    frame: { file: "routes.ts", line: 2, column: 0 },
  })
})

test("what Node throws for code that it cannot read has its place before the message", () => {
  writeFileSync(join(folder, "node.ts"), "a\nb\nc\n")
  const error = new SyntaxError("Unexpected token")
  error.stack = `file://${folder}/node.ts?ashlar=4:3\nc\n^\n\nSyntaxError: Unexpected token\n    at compile (node:vm:1:2)`
  expect(describeError(error, own)).toMatchObject({ frame: { file: "node.ts", line: 3 } })
})

test("a message cannot name a file to be shown", () => {
  writeFileSync(join(folder, "secrets.ts"), "the key\n")
  const place = `${join(folder, "secrets.ts")}:1:1`
  const error = new RangeError(`x ${place}\n    at evil (${place})`)
  const described = describeError(error, own)
  expect(described.frame?.file).not.toBe("secrets.ts")
  expect(described.stack.join()).not.toContain("evil")
})

describe("anything that was thrown is described", () => {
  const rows: [string, unknown, object][] = [
    ["text", "boom", { name: "Thrown", message: "boom", stack: [] }],
    ["nothing", undefined, { name: "Thrown", message: "undefined" }],
    ["a plain object", { message: "odd" }, { name: "Error", message: "odd" }],
    ["an object without a prototype", Object.create(null), { name: "Error", message: "" }],
    [
      "several errors: the first",
      new AggregateError([new RangeError("one"), new RangeError("two")]),
      { message: "one" },
    ],
    ["an errno without a code of ours", Object.assign(new Error("x"), { code: "eNoEnt" }), { name: "Error" }],
  ]
  test.each(rows)("%s", (_, thrown, described) => expect(describeError(thrown, own)).toMatchObject(described))

  test("with bounds", () => {
    const loop = new Error("x".repeat(10_000))
    loop.cause = loop
    const described = describeError(loop, own)
    expect(described.message).toHaveLength(4_000)
    let depth = 0
    for (let one = described.cause; one !== undefined; one = one.cause) depth++
    expect(depth).toBe(4)
  })
})
