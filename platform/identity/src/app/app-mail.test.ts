import { afterEach, beforeEach, expect, test } from "bun:test"
import { join } from "node:path"
import { createUuidv7 } from "@ashlar/core"
import { openSqlite, type SqliteEngine } from "@ashlar/sqlite"
import { identityFeature } from "../feature.ts"
import { argon2Passwords } from "../passwords.ts"
import { client, codeOf, type Install, openInstall, password } from "../testing/install.ts"
import type { AppMessage } from "./app-mail.ts"
import { type AppUsers, createAppUsers } from "./app-users.ts"
import { wordMail } from "./mail-words.ts"

let install: Install
let engine: SqliteEngine
let users: AppUsers
let sent: AppMessage[]
let hashes: number
let writes: number
beforeEach(async () => {
  install = await openInstall()
  engine = openSqlite()
  const { clock, sealer } = install
  const file = await engine.open(join(install.folder, "system.db.app"), {
    kind: "project",
    features: [identityFeature],
  })
  sent = []
  hashes = 0
  writes = 0
  const cheap = argon2Passwords({ memoryKib: 8, passes: 1 })
  const passwords = {
    ...cheap,
    hash: (text: string) => {
      hashes++
      return cheap.hash(text)
    },
  }
  const mailer = { nameOf: () => "Walls", send: async (message: AppMessage) => void sent.push(message) }
  const counted = new Proxy(file, {
    get(target, name: keyof typeof file) {
      if (name === "write" || name === "call") writes++
      const value = target[name]
      return typeof value === "function" ? value.bind(target) : value
    },
  })
  const open = createAppUsers({ sealer, clock, ids: createUuidv7(clock), passwords, mailer })
  users = await open({ projectId: "p1", file: counted })
})
afterEach(async () => {
  await engine.close()
  await install.close()
})

const email = "ada@example.org"
const codeIn = ({ paragraphs }: AppMessage): string => paragraphs.find((one) => /^\d{8}$/.test(one)) ?? ""

test("what was sent is good for its time, and is gone from the file after that", async () => {
  await users.directory.create({ email })
  const asked = await users.mail.sendLink({ email, client })
  await users.mail.settled()
  const shown = { ...asked, code: codeIn(sent[0]!) }
  install.clock.advance(15 * 60_000 - 1)
  expect(await users.prune()).toEqual({ sessions: 0, tickets: 0 })
  install.clock.advance(1)
  expect(await codeOf(() => users.mail.signIn(shown, { client }))).toBe("AUTH_PROOF_INVALID")
  expect(await users.prune()).toEqual({ sessions: 0, tickets: 1 })
})

test("a session that is over is gone after pruning", async () => {
  await users.signUp({ email, password, client })
  install.clock.advance(91 * 24 * 3_600_000)
  expect(await users.prune()).toEqual({ sessions: 1, tickets: 0 })
})

test("neither codes nor tokens are on the disk", async () => {
  await users.settings.change({ redirectUrls: ["https://walls.example/in"] })
  await users.mail.sendLink({ email, client })
  await users.mail.settled()
  const token = /token=([\w-]+)/.exec(sent[0]!.link ?? "")?.[1] ?? ""
  expect([token.length, codeIn(sent[0]!).length]).toEqual([65, 8])
  const bytes = (await install.databaseBytes()).toString("latin1")
  expect([token.slice(22), codeIn(sent[0]!)].filter((secret) => bytes.includes(secret))).toEqual([])
})

test("signing up costs the same of an address that is taken and of one that is not", async () => {
  await users.settings.change({ verifiedEmailOnly: true })
  const cost = async (wish: string): Promise<readonly number[]> => {
    hashes = 0
    writes = 0
    await users.signUp({ email: wish, password, client })
    return [hashes, writes]
  }
  const first = await cost(email)
  expect([first, await cost(email)]).toEqual([
    [1, 2],
    [1, 2],
  ])
})

test("asking for mail costs the same of an address that is known and of one that is not", async () => {
  await users.directory.create({ email })
  await users.settings.change({ signups: "closed" })
  for (const ask of [users.mail.sendLink, users.mail.sendReset]) {
    const costs = []
    for (const address of [email, "nobody@example.org"]) {
      writes = 0
      await ask({ email: address, client })
      costs.push(writes)
    }
    expect(costs).toEqual([1, 1])
  }
})

test("two spellings of one address are one, and what they get goes to the one that is kept", async () => {
  await users.directory.create({ email })
  await users.mail.sendReset({ email: " \uff21DA@Example.ORG", client })
  await users.mail.settled()
  expect(sent.map(({ to }) => to)).toEqual([email])
})

test("words are put in once, and paragraphs without their link are left out", () => {
  const texts = { link: { subject: "{{app}}\u0000", body: "{{app}} {{minutes}}\n\n{{code}}\n \nOpen {{link}}" } }
  const facts = { app: "{{code}}", code: "{{link}}", minutes: 15 }
  expect(wordMail("link", texts, facts)).toEqual({
    subject: "{{code}}\u0000",
    paragraphs: ["{{code}} 15", "{{link}}"],
  })
  expect(wordMail("link", texts, { ...facts, link: "https://x" }).paragraphs[2]).toBe("Open https://x")
})
