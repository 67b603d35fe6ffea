import { describe, expect, test } from "bun:test"
import { callerOutside, folderOf, stackFrames, toFile } from "./stack.ts"

const framesOf = (...lines: readonly string[]) => [...stackFrames(lines)]

describe("the frames of a stack", () => {
  test.each([
    ["    at read (/app/my files/read.ts:10:5)", { call: "read", file: "/app/my files/read.ts" }],
    ["    at /app/my files/read.ts:10:5", { call: "", file: "/app/my files/read.ts" }],
    ["    at <anonymous> (/app/read.ts:10:5)", { call: "", file: "/app/read.ts" }],
    ["    at async read (/app/read.ts:10:5)", { call: "read", file: "/app/read.ts" }],
    ["    at async file:///app/read.ts:10:5", { call: "", file: "/app/read.ts" }],
    ["    at new Reader (file:///app/my%20files/%C3%A9.ts:10:5)", { call: "new Reader", file: "/app/my files/é.ts" }],
    ["    at file:///app/read.ts?version=3:10:5", { call: "", file: "/app/read.ts" }],
    ["    at read (/app/a (copy)/read.ts:10:5)", { call: "read", file: "/app/a (copy)/read.ts" }],
    ["    at /app/a (copy)/read.ts:10:5", { call: "", file: "/app/a (copy)/read.ts" }],
    ["    at read (file:///C:/app/read.ts:10:5)", { call: "read", file: "C:/app/read.ts" }],
    ["    at read (C:\\app\\read.ts:10:5)", { call: "read", file: "C:\\app\\read.ts" }],
    ["    at Object.read [as get] (/app/read.ts:10:5)", { call: "Object.read [as get]", file: "/app/read.ts" }],
  ])("%s", (line, frame) => {
    expect(framesOf(line)).toEqual([{ ...frame, line: 10, column: 5 }])
  })

  test.each([
    "Error: at /app/read.ts:10:5 something broke",
    "    at processTicksAndRejections (node:internal/process/task_queues:104:5)",
    "    at processTicksAndRejections (native:7:39)",
    "    at new Promise (<anonymous>)",
    "    at eval (eval at read (/app/read.ts))",
    "",
  ])("%s is no call in a file", (line) => {
    expect(framesOf(line)).toEqual([])
  })

  test("are those of this runtime", () => {
    const [own] = framesOf(...new Error("x").stack!.split("\n"))
    expect(own?.file).toBe(import.meta.filename)
  })
})

describe("the file of a module", () => {
  test.each([
    ["file:///app/my%20files/a.ts", "/app/my files/a.ts"],
    ["/app/a%20b.ts", "/app/a%20b.ts"],
    ["node:fs", "node:fs"],
  ])("%s is %s", (specifier, file) => {
    expect(toFile(specifier)).toBe(file)
  })
  test("is in a folder", () => {
    expect(folderOf("file:///app/my%20files/a.ts")).toBe("/app/my files/")
    expect(folderOf("file:///C:/app/a.ts")).toBe("C:/app/")
  })
})

describe("who called", () => {
  const here = folderOf(import.meta.url)
  test("is the first outside", () => {
    expect(callerOutside(() => false)?.file).toBe(import.meta.filename)
    expect(callerOutside((file) => file.startsWith(here))?.file ?? "").not.toStartWith(here)
  })
})
