import { expect, test } from "bun:test"
import { foldEmail, normalizeEmail, normalizeName, toStoredClient } from "./person.ts"
import { codeOf, failureOf } from "./testing/install.ts"

test.each([
  ["ada@example.org", "ada@example.org"],
  ["  Ada@Example.ORG\n", "ada@example.org"],
  ["ada+tag@example.org", "ada+tag@example.org"],
  ["ada@localhost", "ada@localhost"],
  ["Jürgen@München.de", "jürgen@xn--mnchen-3ya.de"],
  ["\uff41da@example.org", "ada@example.org"],
  ["o'hara@example.org", "o'hara@example.org"],
])("the address %p is kept as %p", (text, email) => {
  expect(normalizeEmail(text)).toBe(email)
})

test.each<[name: string, text: string]>([
  ["nothing", ""],
  ["no domain", "ada"],
  ["no name", "@example.org"],
  ["an empty domain", "ada@"],
  ["two at signs", "ada@@example.org"],
  ["a space in the domain", "ada@exa mple.org"],
  ["a space in the name", "a da@example.org"],
  ["an empty label", "ada@example..org"],
  ["a label that starts with a dash", "ada@-example.org"],
  ["a dot at the end", "ada@example.org."],
  ["two addresses", "ada@example.org,bob@example.org"],
  ["a comma in the name", "ada,bob@example.org"],
  ["angle brackets", "<ada@example.org>"],
  ["a zero byte", "ada@example.org\0"],
  ["an invisible character", "a\u200bda@example.org"],
  ["65 characters of name", `${"a".repeat(65)}@example.org`],
  ["a domain that is too long", `ada@${"a.".repeat(130)}org`],
  ["a hundred thousand characters", `${"a".repeat(100_000)}@example.org`],
])("%s is no address", async (_name, text) => {
  const failure = await failureOf(() => normalizeEmail(text))
  expect(failure?.code).toBe("IDENTITY_INVALID_INPUT")
  expect(failure?.details).toEqual({ field: "email" })
  expect(foldEmail(text)).toBeUndefined()
})

test("a name is trimmed, and must be there, short and printable", async () => {
  expect(normalizeName("  Ada Lovelace ")).toBe("Ada Lovelace")
  for (const name of ["", "   ", "x".repeat(101), "A\u0007da", "x".repeat(1_000_000)]) {
    expect(await codeOf(() => normalizeName(name))).toBe("IDENTITY_INVALID_INPUT")
  }
})

test("what is kept of a client is bounded and printable", () => {
  expect(toStoredClient({ address: "::1" })).toEqual({ address: "::1", userAgent: "" })
  const stored = toStoredClient({ address: "x".repeat(999), userAgent: `\u001b[31m${"y".repeat(999)}` })
  expect(stored.address).toHaveLength(64)
  expect(stored.userAgent).toStartWith("[31my")
  expect(stored.userAgent.length).toBeLessThanOrEqual(256)
})
