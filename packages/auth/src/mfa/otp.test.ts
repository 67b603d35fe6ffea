import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { toBase32 } from "./base32.ts"
import { hotp, matchingStep, otpauthUri, stepAt } from "./otp.ts"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe("codes", () => {
  test("are those of RFC 4226, appendix D", () => {
    const codes = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
    for (const [counter, code] of codes.entries())
      expect(hotp(bytes("12345678901234567890"), counter, { digits: 6, algorithm: "SHA1" })).toBe(code)
  })
  test.each([
    [59, "94287082", "46119246", "90693936"],
    [1111111109, "07081804", "68084774", "25091201"],
    [1111111111, "14050471", "67062674", "99943326"],
    [1234567890, "89005924", "91819424", "93441116"],
    [2000000000, "69279037", "90698825", "38618901"],
    [20000000000, "65353130", "77737706", "47863826"],
  ])("are those of RFC 6238, appendix B, at %d", (seconds, sha1, sha256, sha512) => {
    const step = stepAt(seconds * 1_000, 30)
    const seed = "1234567890".repeat(7)
    const code = (length: number, algorithm: "SHA1" | "SHA256" | "SHA512") =>
      hotp(bytes(seed.slice(0, length)), step, { digits: 8, algorithm })
    expect([code(20, "SHA1"), code(32, "SHA256"), code(64, "SHA512")]).toEqual([sha1, sha256, sha512])
  })
  test("are found within the drift, and not beyond", () => {
    const settings = { digits: 6, periodSeconds: 30, algorithm: "SHA1" } as const
    const secret = bytes("12345678901234567890")
    for (const [drift, found] of [
      [0, [undefined, undefined, 100, undefined, undefined]],
      [1, [undefined, 99, 100, 101, undefined]],
      [2, [98, 99, 100, 101, 102]],
    ] as const)
      expect(
        [98, 99, 100, 101, 102].map((at) =>
          matchingStep(secret, hotp(secret, at, settings), { step: 100, drift, settings }),
        ),
      ).toEqual([...found])
    expect(matchingStep(secret, hotp(secret, 0, settings), { step: 0, drift: 2, settings })).toBe(0)
  })
})

test("secrets are written as RFC 4648, section 10, without padding", () => {
  const vectors = ["", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"]
  for (const [length, text] of vectors.entries()) expect(toBase32(bytes("foobar".slice(0, length)))).toBe(text)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (all) => {
      const bits = [...toBase32(all)]
        .map((sign) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign).toString(2).padStart(5, "0"))
        .join("")
      expect([...all].map((byte) => byte.toString(2).padStart(8, "0")).join("")).toBe(bits.slice(0, all.length * 8))
    }),
  )
})

test("the address of a secret holds what apps read, whatever names are in it", () => {
  const settings = { digits: 6, periodSeconds: 30, algorithm: "SHA1" } as const
  const uri = otpauthUri(bytes("12345678901234567890"), {
    issuer: "A & B?",
    account: "ana+x@example.org?issuer=evil&secret=AAAA",
    settings,
  })
  const url = new URL(uri)
  expect(url.pathname).toBe(
    `/${encodeURIComponent("A & B?")}:${encodeURIComponent("ana+x@example.org?issuer=evil&secret=AAAA")}`,
  )
  expect(Object.fromEntries(url.searchParams)).toEqual({
    secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    issuer: "A & B?",
    algorithm: "SHA1",
    digits: "6",
    period: "30",
  })
})
