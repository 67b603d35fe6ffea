import { describe, expect, test } from "bun:test"
import { createContainer, systemClock } from "@ashlar/core"
import { MemoryRecords } from "../records/memory-records.ts"
import { Records } from "../records/open-records.ts"
import { describeSessions } from "../testing/session-suite.ts"
import { testStores } from "../testing/test-stores.ts"
import { defineSessions, openSessions, type SessionsOptions } from "./sessions.ts"

let shared: MemoryRecords | undefined
let opened = 0
describeSessions("memory", {
  async open() {
    // The two of a case are one: memory has no second connection.
    if (opened++ % 2 === 0 || shared === undefined) shared = new MemoryRecords({ maxEntries: 1_000 }, systemClock)
    return shared
  },
})
for (const { name, url } of await testStores())
  if (name !== "memory") {
    let at = 0
    describeSessions(name, { open: async () => await new Records(url(10 + (at++ % 2)), { name: "sessions" }).use() })
  }

describe("settings", () => {
  test.each<[SessionsOptions]>([
    [{ idle: "0s" }],
    [{ idle: "1" as "1s" }],
    [{ lifetime: "5w" as "5d" }],
    [{ lifetime: "99999d" }],
    [{ maxPerUser: 0 }],
    [{ maxPerUser: 501 }],
    [{ name: "no name" }],
  ])("that do not fit are refused at once: %p", (options) => {
    expect(() => openSessions("memory:", options)).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" }))
  })
  test("are held to: whose it is must be said, and a session is small", async () => {
    const sessions = openSessions("memory:")
    for (const who of [
      { userId: "" },
      { userId: "x".repeat(256) },
      { userId: 7 as unknown as string },
      { userId: "ana", claims: { long: "x".repeat(8_192) } },
    ])
      expect(await sessions.create(who).catch((error) => error)).toMatchObject({ code: "AUTH_SETUP_INVALID" })
  })
  test("make a service of an app, closed with it", async () => {
    const container = createContainer()
    const sessions = await container.get(defineSessions(async () => "memory:"))
    const { token } = await sessions.create({ userId: "ana" })
    await container.close()
    expect(await (sessions.find(token) as Promise<unknown>).catch((error) => error)).toMatchObject({
      code: "AUTH_CLOSED",
    })
  })
})

test("tokens are 256 random bits: no two are one, and none says anything of another", async () => {
  const sessions = openSessions("memory:", { maxPerUser: 500 })
  const tokens = new Set<string>()
  for (let at = 0; at < 400; at++) tokens.add((await sessions.create({ userId: "ana" })).token)
  expect(tokens.size).toBe(400)
  for (const token of tokens) expect(Buffer.from(token, "base64url")).toHaveLength(32)
})
