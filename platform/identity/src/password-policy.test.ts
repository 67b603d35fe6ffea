import { expect, test } from "bun:test"
import { checkPassword } from "./password-policy.ts"
import { codeOf, failureOf } from "./testing/install.ts"

test.each<[name: string, password: string, reason: string]>([
  ["nothing", "", "short"],
  ["nine digits", "123456789", "short"],
  ["nine emoji", "\u{1f9f1}".repeat(9), "short"],
  ["nine letters with combining accents", "e\u0301".repeat(9), "short"],
  ["513 letters", `${"ab".repeat(256)}c`, "long"],
  ["513 emoji", "\u{1f9f1}".repeat(513), "long"],
  ["a million letters", "x".repeat(1_000_000), "long"],
  ["a row of keys", "qwertyuiop", "common"],
  ["a row of keys in other cases", "QwertyUiop", "common"],
  ["a well-known one", "password123", "common"],
  ["digits in order", "1234567890", "common"],
  ["full-width digits in order", "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10", "common"],
  ["one letter, twelve times", "aaaaaaaaaaaa", "common"],
  ["the email", "long.name.of.ada@example.org", "email"],
  ["the email in other cases", "LONG.name.of.ada@example.org", "email"],
  ["the email's first part", "long.name.of.ada", "email"],
])("a password of %s is refused", async (_name, password, reason) => {
  const failure = await failureOf(() => checkPassword(password, "long.name.of.ada@example.org"))
  expect(failure).toMatchObject({ code: "IDENTITY_WEAK_PASSWORD", status: 422, details: { reason } })
  if (password) expect(JSON.stringify(failure)).not.toContain(password)
})

test.each<[name: string, password: string]>([
  ["some words", "cut stone without mortar"],
  ["ten characters", "ten chars!"],
  ["512 emoji", "\u{1f9f1}\u{1f3db}".repeat(256)],
  ["more than the email", "ada@example.orgx"],
])("a password of %s is accepted", async (_name, password) => {
  expect(await codeOf(() => checkPassword(password, "ada@example.org"))).toBe("none")
})
