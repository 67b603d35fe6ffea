import { expect, test } from "bun:test"
import { argon2Passwords } from "./passwords.ts"
import { codeOf, failureOf } from "./testing/install.ts"

const cheap = argon2Passwords({ memoryKib: 8, passes: 1 })

test("by default a hash is argon2id with 19 MiB and two passes", async () => {
  const passwords = argon2Passwords()
  const hash = await passwords.hash("cut stone without mortar")
  expect(hash).toStartWith("$argon2id$v=19$m=19456,t=2,p=1$")
  expect(await passwords.verify("cut stone without mortar", hash)).toBe(true)
  expect(await passwords.verify("cut stone with mortar", hash)).toBe(false)
})

test("the decoy is a hash of the same kind that nothing matches", async () => {
  expect(argon2Passwords().decoy).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]{22}\$[^$]{43}$/)
  expect(cheap.decoy).not.toBe(cheap.decoy)
  for (const guess of ["", "password", cheap.decoy]) expect(await cheap.verify(guess, cheap.decoy)).toBe(false)
})

test("hashes of other parameters are outdated", async () => {
  const hash = await cheap.hash("cut stone without mortar")
  expect(cheap.isOutdated(hash)).toBe(false)
  expect(argon2Passwords().isOutdated(hash)).toBe(true)
  expect(cheap.isOutdated("$2b$10$abcdefghijklmnopqrstuv")).toBe(true)
})

test("two spellings of the same characters are one password, and an empty one is none", async () => {
  const hash = await cheap.hash("Caf\u00e9 am Platz")
  expect(await cheap.verify("Cafe\u0301 am Platz", hash)).toBe(true)
  expect(await cheap.verify("", hash)).toBe(false)
})

test("no more than the bound are hashed at once, the rest waits in order, and beyond the queue is refused", async () => {
  const passwords = argon2Passwords({ memoryKib: 1024, passes: 1, concurrency: 2, queueLimit: 3 })
  const finished: number[] = []
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, async (_, n) =>
      codeOf(() => passwords.hash("x".repeat(10)).then(() => finished.push(n))),
    ),
  )
  expect(outcomes).toEqual([...Array(5).fill("none"), ...Array(3).fill("IDENTITY_BUSY")])
  expect(finished.toSorted()).toEqual([0, 1, 2, 3, 4])
  // The places are free again.
  expect(await codeOf(() => passwords.hash("x".repeat(10)))).toBe("none")
  const busy = argon2Passwords({ memoryKib: 1024, passes: 1, concurrency: 1, queueLimit: 0 })
  const first = busy.hash("x".repeat(10))
  expect((await failureOf(() => busy.verify("x", busy.decoy)))?.details).toEqual({ retryAfterSeconds: 1 })
  await first
})

test("a hash that fails gives its place back", async () => {
  const passwords = argon2Passwords({ memoryKib: 8, passes: 1, concurrency: 1 })
  for (let n = 0; n < 3; n++) expect(await codeOf(() => passwords.verify("x", "no hash"))).not.toBe("none")
  expect(await passwords.verify("x", passwords.decoy)).toBe(false)
})

test("weak parameters are for tests alone", () => {
  const before = process.env.NODE_ENV
  try {
    for (const environment of ["production", "development", ""]) {
      process.env.NODE_ENV = environment
      expect(() => argon2Passwords({ memoryKib: 8, passes: 1 })).toThrow(
        expect.objectContaining({ code: "AUTH_SETUP_INVALID" }),
      )
      expect(argon2Passwords().decoy).toContain("m=19456,t=2,p=1")
    }
  } finally {
    process.env.NODE_ENV = before ?? "test"
  }
})
