import { describe, expect, test } from "bun:test"
import { createSealer } from "./sealer.ts"

const INVALID = expect.objectContaining({ code: "SECURITY_SEAL_INVALID" })
const random = () => crypto.getRandomValues(new Uint8Array(32))
const [a, b] = [random(), random()]
const sealer = createSealer({ keys: { a }, current: "a" })

test.each(["", "a", "ünïcode 🔑", "x".repeat(100_000)])("a sealed text opens to what it was", (text) => {
  const sealed = sealer.seal(text, "users/7")
  expect(sealed).toMatch(/^s1\.a\.[\w-]+$/)
  expect(sealer.open(sealed, "users/7")).toBe(text)
  expect(sealer.seal(text, "users/7")).not.toBe(sealed)
})

describe("a sealed text does not open", () => {
  const sealed = sealer.seal("secret text", "users/7")
  test("with any one bit of it changed, or cut anywhere", () => {
    const bytes = Buffer.from(sealed.slice(5), "base64url")
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const other = Buffer.from(bytes)
      other[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => sealer.open(`s1.a.${other.toString("base64url")}`, "users/7")).toThrow(INVALID)
    }
    for (let length = 0; length < bytes.length; length++)
      expect(() => sealer.open(`s1.a.${bytes.subarray(0, length).toString("base64url")}`, "users/7")).toThrow(INVALID)
  })
  test.each([
    `${sealed}=`,
    `${sealed}.`,
    ` ${sealed}`,
    sealed.replace("s1", "s2"),
    sealed.replace(".a.", ".b."),
    "",
    "..",
    "s1.a.",
  ])("as %p", (other) => expect(() => sealer.open(other, "users/7")).toThrow(INVALID))
  test("for another context, or by another key, or by the same key of another id", () => {
    for (const context of ["users/8", "users/7 ", ""]) expect(() => sealer.open(sealed, context)).toThrow(INVALID)
    expect(() => createSealer({ keys: { a: b }, current: "a" }).open(sealed, "users/7")).toThrow(INVALID)
    const renamed = createSealer({ keys: { c: a }, current: "c" })
    expect(() => renamed.open(sealed.replace(".a.", ".c."), "users/7")).toThrow(INVALID)
    expect(() => sealer.open(createSealer({ keys: { a }, current: "a" }).seal("x", "1.b"), "b")).toThrow(INVALID)
  })
  test("and says nothing of it", () => {
    let problem: unknown
    try {
      sealer.open(sealed, "users/8")
    } catch (error) {
      problem = error
    }
    expect(String(problem) + JSON.stringify(problem)).not.toContain("secret")
  })
})

test("keys change without a stop: the old one opens, the new one seals", () => {
  const old = sealer.seal("text", "c")
  const both = createSealer({ keys: { a, b }, current: "b" })
  expect([both.open(old, "c"), both.isOld(old)]).toEqual(["text", true])
  const fresh = both.seal(both.open(old, "c"), "c")
  expect([both.isOld(fresh), fresh.startsWith("s1.b.")]).toEqual([false, true])
  expect(() => createSealer({ keys: { b }, current: "b" }).open(old, "c")).toThrow(INVALID)
})

test("a key that is none is refused when it is made", () => {
  for (const keys of [
    {},
    { a: new Uint8Array(32) },
    { a: random().subarray(1) },
    { "a.b": random() },
    { a: "x".repeat(32) },
  ])
    expect(() => createSealer({ keys: keys as never, current: "a" })).toThrow(
      expect.objectContaining({ code: "SECURITY_SEAL_OPTION_INVALID" }),
    )
  expect(() => createSealer({ keys: { a }, current: "b" })).toThrow("current")
})
