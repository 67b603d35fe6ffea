import { expect, test } from "bun:test"
import { AshlarError } from "@ashlar/core"
import { faultOf, toAshlarError, toErrorWire } from "./faults.ts"

/*
 * What each result code of SQLite becomes, and what it means for the file. The codes are those that bun:sqlite was seen
 * to throw; faults.test.ts provokes the real ones.
 */

const rows: readonly [native: string, errno: number, code: string, fault: ReturnType<typeof faultOf>][] = [
  ["SQLITE_ERROR", 1, "SQLITE_STATEMENT_INVALID", "none"],
  ["SQLITE_BUSY", 5, "SQLITE_LOCKED_BY_OTHER", "none"],
  ["SQLITE_BUSY_SNAPSHOT", 517, "SQLITE_LOCKED_BY_OTHER", "none"],
  ["SQLITE_LOCKED", 6, "SQLITE_LOCKED_BY_OTHER", "none"],
  ["SQLITE_NOMEM", 7, "SQLITE_FAILED", "none"],
  ["SQLITE_READONLY_DIRECTORY", 1544, "SQLITE_NOT_WRITABLE", "none"],
  ["SQLITE_IOERR_WRITE", 778, "SQLITE_STORAGE_FAILED", "io"],
  ["SQLITE_IOERR_FSYNC", 1034, "SQLITE_STORAGE_FAILED", "io"],
  ["SQLITE_IOERR_READ", 266, "SQLITE_STORAGE_FAILED", "io"],
  ["SQLITE_IOERR_GETTEMPPATH", 6410, "SQLITE_NOT_WRITABLE", "none"],
  ["SQLITE_CORRUPT", 11, "SQLITE_FILE_CORRUPT", "damaged"],
  ["SQLITE_CORRUPT_INDEX", 779, "SQLITE_FILE_CORRUPT", "damaged"],
  ["SQLITE_FULL", 13, "SQLITE_FULL", "full"],
  ["SQLITE_CANTOPEN", 14, "SQLITE_MISSING", "none"],
  ["SQLITE_TOOBIG", 18, "SQLITE_STATEMENT_INVALID", "none"],
  ["SQLITE_CONSTRAINT_UNIQUE", 2067, "SQLITE_CONSTRAINT", "none"],
  ["SQLITE_CONSTRAINT_FOREIGNKEY", 787, "SQLITE_CONSTRAINT", "none"],
  ["SQLITE_NOTADB", 26, "SQLITE_NOT_A_DATABASE", "damaged"],
]
const path = "/secret/folder/notes.db"

for (const [native, errno, code, fault] of rows) {
  test(`${native} is ${code}, with the path only in the cause`, () => {
    const error = Object.assign(new TypeError("as SQLite says it"), { code: native, errno })
    expect(faultOf(error)).toBe(fault)
    const known = toAshlarError(error, path)
    expect(known.code).toBe(code)
    expect(JSON.stringify(known)).not.toContain("secret")
    expect(faultOf(known)).toBe(fault)
    expect(toErrorWire(error, path).cause).toMatchObject({ path, code: native, errno })
  })
}

test("an AshlarError passes, and anything else is INTERNAL with its cause kept", () => {
  const known = toAshlarError(new TypeError("x"), path)
  expect(known.code).toBe("INTERNAL")
  expect(known.cause).toBeInstanceOf(TypeError)
  expect(toAshlarError(known, path)).toBe(known)
  expect(known).toBeInstanceOf(AshlarError)
  expect(faultOf("a string")).toBe("none")
})
