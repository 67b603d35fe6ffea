import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { argon2Passwords, type PasswordHasher } from "./passwords.ts"
import { ada, client, codeOf, failureOf, type Install, openInstall, password, setUp } from "./testing/install.ts"
import { hashToken } from "./tokens.ts"

const bob = { ...ada, name: "Bob", email: "bob@example.org" }
const cheap = argon2Passwords({ memoryKib: 8, passes: 1 })

/** A hasher that tells how often it was asked. */
function counting(): PasswordHasher & { hashes: number; verifications: number } {
  const counted = {
    ...cheap,
    hashes: 0,
    verifications: 0,
    hash(text: string) {
      counted.hashes += 1
      return cheap.hash(text)
    },
    verify(text: string, hash: string) {
      counted.verifications += 1
      return cheap.verify(text, hash)
    },
  }
  return counted
}

describe("the set-up link", () => {
  let install: Install
  const passwords = counting()
  beforeAll(async () => {
    install = await openInstall({ passwords, signups: "closed" })
  })
  afterAll(() => install.close())

  test("a start gives a token that can be looked at, and only the latest one works", async () => {
    const { setup } = install.identity
    expect(setup.isOpen()).toBe(true)
    const earlier = await setup.issue()
    const latest = await setup.issue()
    expect(await codeOf(() => setup.check(earlier!.token))).toBe("IDENTITY_SETUP_LINK_SPENT")
    expect(setup.check(latest!.token)).toEqual({ expiresAt: "2026-01-02T00:00:00.000Z" })
  })

  test.each(["", "su_", "su_x", `in_${"A".repeat(43)}`, `su_${"A".repeat(43)}`, "x".repeat(1_000_000)])(
    "a token nobody issued is refused without any hashing (%#)",
    async (token) => {
      const failure = await failureOf(() => install.identity.setup.complete({ ...ada, token }))
      expect(failure).toMatchObject({ code: "IDENTITY_SETUP_LINK_SPENT", status: 410 })
      expect(passwords.hashes).toBe(0)
    },
  )

  test("the token of a set-up works for a day, and outlives a mistake in the form", async () => {
    const { setup } = install.identity
    const { token } = (await setup.issue())!
    expect(await codeOf(() => setup.complete({ ...ada, token, password: "short" }))).toBe("IDENTITY_WEAK_PASSWORD")
    expect(await codeOf(() => setup.complete({ ...ada, token, email: "ada" }))).toBe("IDENTITY_INVALID_INPUT")
    expect(await codeOf(() => setup.complete({ ...ada, token, name: " " }))).toBe("IDENTITY_INVALID_INPUT")
    install.clock.advance(24 * 3_600_000 - 1)
    expect(await codeOf(() => setup.check(token))).toBe("none")
    install.clock.advance(1)
    expect(await codeOf(() => setup.check(token))).toBe("IDENTITY_SETUP_LINK_SPENT")
    expect(await codeOf(() => setup.complete({ ...ada, token }))).toBe("IDENTITY_SETUP_LINK_SPENT")
  })

  test("of twenty who use it at once exactly one becomes the administrator, and after that there is no link", async () => {
    const { identity, file } = install
    const { token } = (await identity.setup.issue())!
    const attempts = Array.from({ length: 20 }, (_, n) => ({ ...ada, email: `ada${n}@example.org`, token }))
    const outcomes = await Promise.all(attempts.map((attempt) => codeOf(() => identity.setup.complete(attempt))))
    expect(outcomes.filter((code) => code === "none")).toHaveLength(1)
    expect(outcomes.filter((code) => code === "IDENTITY_SETUP_LINK_SPENT")).toHaveLength(19)
    expect(file.all("SELECT administrator FROM identity_accounts")).toEqual([{ administrator: 1 }])
    expect(file.all("SELECT id FROM identity_sessions")).toHaveLength(1)
    expect(identity.setup.isOpen()).toBe(false)
    expect(await identity.setup.issue()).toBeNull()
    expect(await codeOf(() => identity.setup.check(token))).toBe("IDENTITY_SETUP_LINK_SPENT")
  })

  test("a token from before somebody else became administrator is worth nothing", async () => {
    const other = await openInstall()
    const { token } = (await other.identity.setup.issue())!
    const copy = "INSERT INTO identity_tickets (token_hash, kind, created_at, expires_at) VALUES (?, 'setup', 0, 9e15)"
    await other.identity.setup.complete({ ...ada, token })
    await other.file.write([{ sql: copy, params: [hashToken(token)] }])
    expect(await codeOf(() => other.identity.setup.complete({ ...bob, token }))).toBe("IDENTITY_SETUP_LINK_SPENT")
    // Also when the look at the token is passed by: the transaction decides.
    expect(await createAccount(other, "setup", token)).toBe("IDENTITY_SETUP_LINK_SPENT")
    await other.close()
  })
})

/** Creates an account past all that is looked at before the transaction. */
function createAccount({ file, clock }: Install, kind: "setup" | "invite", token: string): Promise<string> {
  const account = { id: "x", email: "x@example.org", name: "x", passwordHash: "x", createdAtMs: clock.now() }
  const creation = { account, ticket: { kind, hash: hashToken(token) }, alongside: [] }
  return codeOf(() => file.call("identity.createAccount", creation))
}

test("the transaction itself refuses a token that is unknown, expired or of the other kind", async () => {
  const install = await openInstall()
  const setup = (await install.identity.setup.issue())!
  const invite = install.identity.people.prepareInvite({ email: "x@example.org", scope: "s", grants: {} })
  await install.file.write(invite.statements)
  expect(await createAccount(install, "setup", "su_unknown")).toBe("IDENTITY_SETUP_LINK_SPENT")
  expect(await createAccount(install, "setup", invite.token)).toBe("IDENTITY_SETUP_LINK_SPENT")
  expect(await createAccount(install, "invite", "in_unknown")).toBe("IDENTITY_INVITE_SPENT")
  expect(await createAccount(install, "invite", setup.token)).toBe("IDENTITY_INVITE_SPENT")
  install.clock.advance(24 * 3_600_000)
  expect(await createAccount(install, "setup", setup.token)).toBe("IDENTITY_SETUP_LINK_SPENT")
  install.clock.advance(6 * 24 * 3_600_000)
  expect(await createAccount(install, "invite", invite.token)).toBe("IDENTITY_INVITE_SPENT")
  expect(install.file.all("SELECT * FROM identity_accounts")).toEqual([])
  await install.close()
})

describe("signing up", () => {
  let install: Install
  const passwords = counting()
  beforeAll(async () => {
    install = await openInstall({ passwords })
    await setUp(install)
  })
  afterAll(() => install.close())

  test("makes an ordinary account under the folded address, and signs it in", async () => {
    const session = await install.identity.signUp({ ...bob, name: " Bob ", email: " Bob@Example.org" })
    expect(session.user).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: "bob@example.org",
      emailVerified: false,
      name: "Bob",
      administrator: false,
      createdAt: "2026-01-01T00:00:00.000Z",
    })
    expect((await install.identity.authenticate(session.accessToken)).user).toEqual(session.user)
    expect(install.identity.people.find(session.user.id)).toEqual(session.user)
    expect(install.identity.people.findByEmail("BOB@example.org")).toEqual(session.user)
    expect(install.identity.people.findByEmail("no address")).toBeUndefined()
  })

  test.each(["ada@example.org", " ADA@Example.Org "])(
    "the taken address %p is refused before hashing",
    async (email) => {
      const before = passwords.hashes
      expect(await codeOf(() => install.identity.signUp({ ...bob, email }))).toBe("IDENTITY_EMAIL_TAKEN")
      expect(passwords.hashes).toBe(before)
    },
  )

  test("of ten who sign up with one address at once one gets it", async () => {
    const person = { ...bob, email: "race@example.org" }
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => codeOf(() => install.identity.signUp(person))))
    expect(outcomes.toSorted()).toEqual([...Array(9).fill("IDENTITY_EMAIL_TAKEN"), "none"])
  })

  test("is refused when it is closed, before anything else is looked at", async () => {
    const closed = await openInstall({ signups: "closed" })
    expect(await codeOf(() => closed.identity.signUp({ ...bob, email: "", password: "" }))).toBe(
      "IDENTITY_SIGNUPS_CLOSED",
    )
    await closed.close()
  })

  test("is limited per address", async () => {
    const limits = { attemptsPerAddress: { limit: 2, windowMs: 60_000 } }
    const limited = await openInstall({ limits })
    const from = (address: string, email: string): Promise<string> =>
      codeOf(() => limited.identity.signUp({ ...bob, email, client: { address } }))
    expect(await from("2001:db8::1", "a@x.org")).toBe("none")
    expect(await from("2001:db8::2", "a@x.org")).toBe("IDENTITY_EMAIL_TAKEN")
    expect(await from("2001:db8::3", "b@x.org")).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
    expect(await from("2001:db8:0:1::1", "b@x.org")).toBe("none")
    await limited.close()
  })
})

describe("an invite", () => {
  let install: Install
  beforeAll(async () => {
    install = await openInstall({
      signups: "closed",
      onInviteAccepted: ({ scope, grants, user }) => [
        { sql: "INSERT INTO test_members VALUES (?, ?, ?)", params: [scope, user.id, String(grants.role)] },
      ],
    })
    await install.file.write([{ sql: "CREATE TABLE test_members (scope TEXT, user_id TEXT, role TEXT NOT NULL)" }])
  })
  afterAll(() => install.close())

  async function invite(email: string, role: string | null = "viewer"): Promise<string> {
    const prepared = install.identity.people.prepareInvite({ email, scope: "project/1", grants: { role } })
    await install.file.write(prepared.statements)
    return prepared.token
  }

  test("does not exist before its statements are committed", async () => {
    const request = { email: "early@example.org", scope: "project/1", grants: {} }
    const { token } = install.identity.people.prepareInvite(request)
    const early = { ...bob, email: "early@example.org", invite: token }
    expect(await codeOf(() => install.identity.signUp(early))).toBe("IDENTITY_INVITE_SPENT")
  })

  test("lets its address in although sign-up is closed, once, with what it grants in the same commit", async () => {
    const token = await invite(" Bob@Example.org ")
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => codeOf(() => install.identity.signUp({ ...bob, invite: token }))),
    )
    expect(outcomes.filter((code) => code === "none")).toHaveLength(1)
    const user = install.identity.people.findByEmail("bob@example.org")!
    expect(install.file.all<object>("SELECT * FROM test_members")).toEqual([
      { scope: "project/1", user_id: user.id, role: "viewer" },
    ])
    const again = { ...bob, email: "bob2@example.org", invite: token }
    expect(await codeOf(() => install.identity.signUp(again))).toBe("IDENTITY_INVITE_SPENT")
  })

  test("makes no account when what it grants cannot be written, and is not spent", async () => {
    const token = await invite("carol@example.org")
    await install.file.write([{ sql: "ALTER TABLE test_members RENAME TO away" }])
    const carol = { ...bob, email: "carol@example.org", invite: token }
    expect(await codeOf(() => install.identity.signUp(carol))).not.toBe("none")
    expect(install.identity.people.findByEmail("carol@example.org")).toBeUndefined()
    await install.file.write([{ sql: "ALTER TABLE away RENAME TO test_members" }])
    expect(await codeOf(() => install.identity.signUp(carol))).toBe("none")
  })

  test("is for its address only, for a week, and until a newer one to the same", async () => {
    const token = await invite("dan@example.org")
    expect(await codeOf(() => install.identity.signUp({ ...bob, email: "eve@example.org", invite: token }))).toBe(
      "IDENTITY_INVITE_FOR_ANOTHER",
    )
    const dan = { ...bob, email: "dan@example.org" }
    const newer = await invite("dan@example.org")
    expect(await codeOf(() => install.identity.signUp({ ...dan, invite: token }))).toBe("IDENTITY_INVITE_SPENT")
    install.clock.advance(7 * 24 * 3_600_000)
    expect(await codeOf(() => install.identity.signUp({ ...dan, invite: newer }))).toBe("IDENTITY_INVITE_SPENT")
    expect(await codeOf(() => invite("no address"))).toBe("IDENTITY_INVALID_INPUT")
  })

  test("that is expired leaves the database when it is pruned", async () => {
    await invite("late@example.org")
    install.clock.advance(8 * 24 * 3_600_000)
    await invite("later@example.org")
    expect((await install.identity.prune()).tickets).toBeGreaterThan(0)
    expect(install.file.all("SELECT email FROM identity_tickets")).toEqual([{ email: "later@example.org" }])
  })
})

describe("signing in", () => {
  let install: Install
  const passwords = counting()
  beforeAll(async () => {
    install = await openInstall({ passwords })
    await setUp(install)
  })
  afterAll(() => install.close())

  test("gives a new session each time, by any spelling of the address", async () => {
    const one = await install.identity.signIn({ email: ada.email, password, client })
    const two = await install.identity.signIn({ email: " ADA@example.org", password, client })
    expect(one.user).toEqual(two.user)
    expect(one.user.administrator).toBe(true)
    expect(one.sessionId).not.toBe(two.sessionId)
    expect(one.refreshToken).not.toBe(two.refreshToken)
  })

  test.each<[string, string, string]>([
    ["a wrong password", ada.email, "cut stone with mortar"],
    ["an empty password", ada.email, ""],
    ["the password with more after it", ada.email, `${password} `],
    ["a password that is too long", ada.email, password + "x".repeat(100_000)],
    ["an unknown address", "nobody@example.org", password],
    ["a text that is no address", "nobody", password],
    ["an address that is too long", `${"a".repeat(100_000)}@example.org`, password],
  ])("%s gives one and the same answer, after one verification", async (_name, email, tried) => {
    const before = passwords.verifications
    const failure = await failureOf(() => install.identity.signIn({ email, password: tried, client }))
    expect(JSON.parse(JSON.stringify(failure))).toEqual({
      code: "IDENTITY_WRONG_CREDENTIALS",
      status: 401,
      message: "No account has this email address and password.",
    })
    expect(passwords.verifications).toBe(before + 1)
  })

  test("an account is closed to guesses after ten, known or not, and the right password waits like any other", async () => {
    for (const email of ["guessed@example.org", "ada@example.org"]) {
      if (email !== ada.email) await install.identity.signUp({ ...bob, email })
      const attempt = (tried: string): Promise<string> =>
        codeOf(() => install.identity.signIn({ email, password: tried, client }))
      install.clock.advance(3_600_000)
      const parallel = await Promise.all(Array.from({ length: 15 }, (_, n) => attempt(`wrong password ${n}`)))
      expect(parallel.filter((code) => code === "IDENTITY_WRONG_CREDENTIALS")).toHaveLength(10)
      expect(parallel.filter((code) => code === "IDENTITY_TOO_MANY_ATTEMPTS")).toHaveLength(5)
      const before = passwords.verifications
      const refused = await failureOf(() => install.identity.signIn({ email, password, client }))
      expect(refused?.code).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
      expect(refused?.details?.retryAfterSeconds).toBeWithin(900, 958) // the window, and at most a sixteenth of it
      expect(passwords.verifications).toBe(before)
      install.clock.advance(957_000)
      expect(await attempt(password)).toBe("none")
    }
    const unknown = (): Promise<string> =>
      codeOf(() => install.identity.signIn({ email: "nobody@example.org", password, client }))
    install.clock.advance(3_600_000)
    for (let n = 0; n < 10; n++) expect(await unknown()).toBe("IDENTITY_WRONG_CREDENTIALS")
    expect(await unknown()).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
  })

  test("spellings of one address share their attempts", async () => {
    install.clock.advance(3_600_000)
    const spellings = [
      "ada@example.org",
      "ADA@example.org",
      " Ada@Example.ORG ",
      "\uff41da@example.org",
      "ada@EXAMPLE.org",
    ]
    const outcomes = []
    for (const email of [...spellings, ...spellings, "aDa@example.org"]) {
      outcomes.push(await codeOf(() => install.identity.signIn({ email, password: "a wrong password", client })))
    }
    expect(outcomes).toEqual([...Array(10).fill("IDENTITY_WRONG_CREDENTIALS"), "IDENTITY_TOO_MANY_ATTEMPTS"])
  })

  test("an address is closed to guesses over many accounts, and another address is not", async () => {
    install.clock.advance(3_600_000)
    const from = (address: string, n: number): Promise<string> =>
      codeOf(() => install.identity.signIn({ email: `u${n}@example.org`, password, client: { address } }))
    for (let n = 0; n < 100; n++) expect(await from("198.51.100.1", n)).toBe("IDENTITY_WRONG_CREDENTIALS")
    expect(await from("198.51.100.1", 100)).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
    expect(await from("::ffff:198.51.100.1", 100)).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
    expect(await from("198.51.100.2", 100)).toBe("IDENTITY_WRONG_CREDENTIALS")
  })

  test("a success forgives the account's earlier mistakes", async () => {
    install.clock.advance(3_600_000)
    for (let n = 0; n < 25; n++) {
      const tried = n % 5 === 4 ? password : "a wrong password"
      expect(await codeOf(() => install.identity.signIn({ email: ada.email, password: tried, client }))).toBe(
        n % 5 === 4 ? "none" : "IDENTITY_WRONG_CREDENTIALS",
      )
    }
  })

  test("hashes under today's parameters what was hashed under others, and only then", async () => {
    install.clock.advance(3_600_000)
    const stored = (): string =>
      install.file.get<{ hash: string }>("SELECT password_hash AS hash FROM identity_accounts WHERE email = ?", [
        ada.email,
      ])!.hash
    const before = stored()
    await install.identity.signIn({ email: ada.email, password, client })
    expect(stored()).toBe(before)
    await install.restart({ passwords: argon2Passwords({ memoryKib: 16, passes: 2 }) })
    expect(await codeOf(() => install.identity.signIn({ email: ada.email, password: "wrong one", client }))).not.toBe(
      "none",
    )
    expect(stored()).toBe(before)
    await install.identity.signIn({ email: ada.email, password, client })
    expect(stored()).toStartWith("$argon2id$v=19$m=16,t=2,p=1$")
    expect(await codeOf(() => install.identity.signIn({ email: ada.email, password, client }))).toBe("none")
  })
})
