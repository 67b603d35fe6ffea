import { describe, expect, test } from "bun:test"
import { hashPassword, isPassword } from "./passwords.ts"

describe("passwords", () => {
  test("are kept as Argon2id, each with a salt of its own, in the form that others read", async () => {
    const [one, two] = [await hashPassword("correct horse"), await hashPassword("correct horse")]
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
    expect(one).not.toBe(two)
    expect(await Bun.password.verify("correct horse", one)).toBe(true)
    expect(await isPassword("correct horse", two)).toBe(true)
    expect(await isPassword("correct Horse", one)).toBe(false)
  })

  test("are the same on every keyboard", async () => {
    expect(await isPassword("Ame\u0301lie 12", await hashPassword("Am\u00e9lie 12"))).toBe(true)
  })

  test("of nobody's account are no password", async () => {
    expect(await isPassword("correct horse", undefined)).toBe(false)
  })
})
