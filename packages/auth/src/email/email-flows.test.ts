import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { openRateLimits } from "@ashlar/cache/rate-limits"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { manualClock } from "@ashlar/core"
import { openProofs } from "../proofs/open-proofs.ts"
import type { ProofStore } from "../proofs/proof-store.ts"
import { emailWorld, KEY, tokenOf } from "../testing/email-world.ts"
import { createEmailFlows } from "./email-flows.ts"

const ANA = "ana@example.org"
const codeOf = (error: unknown): string => (error as { code: string }).code
const said = (work: Promise<unknown>): Promise<string> => work.then(() => "done", codeOf)

describe("sign-in by e-mail", () => {
  test("goes by a link or by a code, once", async () => {
    const { flows, add, mailTo } = emailWorld()
    const ana = add({ email: ANA })
    for (const way of ["link", "code"]) {
      const { handle } = await flows.askSignIn(" Ana@Example.ORG ", { next: "/inbox?a=1#b" })
      const mail = await mailTo(ANA)
      expect([mail.kind, mail.to, mail.userId]).toEqual(["sign-in", ANA, ana.id])
      expect(mail.code).toMatch(/^\d{8}$/)
      const shown = way === "link" ? { token: tokenOf(mail) } : { handle, code: mail.code! }
      expect(await flows.signIn(shown)).toEqual({
        account: expect.objectContaining({ id: ana.id, email: ANA }),
        next: "/inbox?a=1#b",
        isNew: false,
      })
      for (const again of [{ token: tokenOf(mail) }, { handle, code: mail.code! }])
        expect(await said(flows.signIn(again))).toBe("AUTH_PROOF_INVALID")
    }
  })
  test("is over with its time, and with a new address of the account", async () => {
    const { flows, add, mailTo, clock } = emailWorld()
    const ana = add({ email: ANA })
    await flows.askSignIn(ANA)
    const late = tokenOf(await mailTo(ANA))
    clock.advance(15 * 60_000)
    expect(await said(flows.signIn({ token: late }))).toBe("AUTH_PROOF_INVALID")
    await flows.askSignIn(ANA)
    const moved = tokenOf(await mailTo(ANA))
    ana.email = "ana@elsewhere.example"
    expect(await said(flows.signIn({ token: moved }))).toBe("AUTH_PROOF_INVALID")
  })
  test("makes an account of a new address when it is proven, and not before", async () => {
    const { flows, accounts, mailTo } = emailWorld()
    await flows.askSignIn("new@example.org")
    expect(accounts.size).toBe(0)
    const confirmed = await flows.signIn({ token: tokenOf(await mailTo("new@example.org")) })
    expect(confirmed).toMatchObject({ isNew: true, account: { email: "new@example.org", isVerified: true } })
    expect([...accounts.values()]).toMatchObject([{ isVerified: true }])
  })
  test("makes one account of two links that are used at once", async () => {
    const { flows, accounts, mailTo, add } = emailWorld()
    const tokens: string[] = []
    for (let at = 0; at < 2; at++) {
      await flows.askSignIn("new@example.org")
      tokens.push(tokenOf(await mailTo("new@example.org")))
    }
    // As where a table holds that addresses are unique.
    const set = accounts.set.bind(accounts)
    accounts.set = (id, account) => {
      if ([...accounts.values()].some(({ email }) => email === account.email)) throw new RangeError("unique")
      return set(id, account)
    }
    const all = await Promise.all(tokens.map((token) => flows.signIn({ token })))
    expect([new Set(all.map(({ account }) => account.id)).size, all.filter(({ isNew }) => isNew).length]).toEqual([
      1, 1,
    ])
    expect(() => add({ email: "new@example.org" })).toThrow("unique")
  })
  test("looks at a link without using it up, for programs open links too", async () => {
    const { flows, add, mailTo } = emailWorld()
    add({ email: ANA })
    await flows.askSignIn(ANA)
    const token = tokenOf(await mailTo(ANA))
    for (let at = 0; at < 20; at++) expect(await flows.isGood("sign-in", token)).toBe(true)
    expect(await flows.isGood("reset", token)).toBe(false)
    await flows.signIn({ token })
    expect(await flows.isGood("sign-in", token)).toBe(false)
  })
})

describe("what was sent for one purpose, browser or account", () => {
  test("is of no use for another", async () => {
    const { flows, add, mailTo } = emailWorld()
    const ana = add({ email: ANA, isVerified: false })
    await flows.askVerification(ana.id)
    const { url, code } = await mailTo(ANA)
    const token = tokenOf({ url })
    for (const act of [
      flows.signIn({ token }),
      flows.reset({ token }, "correct horse battery"),
      flows.changeEmail({ token }, { userId: ana.id }),
      flows.signIn({ handle: token.slice(0, 22), code: code! }),
    ])
      expect(await said(act)).toBe("AUTH_PROOF_INVALID")
    expect(await said(flows.verify({ token }, { userId: ana.id }))).toBe("done")
  })
  test("is of no use in another browser, if it is bound to one", async () => {
    const { flows, add, mailTo } = emailWorld()
    add({ email: ANA })
    const { handle } = await flows.askSignIn(ANA, { browser: "hers" })
    const mail = await mailTo(ANA)
    for (const browser of [undefined, "his", ""]) {
      expect(await said(flows.signIn({ token: tokenOf(mail) }, { browser }))).toBe("AUTH_PROOF_INVALID")
      expect(await said(flows.signIn({ handle, code: mail.code! }, { browser }))).toBe("AUTH_PROOF_INVALID")
    }
    expect(await said(flows.signIn({ token: tokenOf(mail) }, { browser: "hers" }))).toBe("done")
  })
  test("is of no use to an account that somebody else's is, nor with parts of two", async () => {
    const { flows, add, mailTo } = emailWorld()
    const [ana, bob] = [add({ email: ANA }), add({ email: "bob@example.org" })]
    const [first, second] = [await flows.askSignIn(ANA), await flows.askSignIn(bob.email)]
    const [hers, his] = [await mailTo(ANA), await mailTo(bob.email)]
    const mixed = tokenOf(hers).slice(0, 22) + tokenOf(his).slice(22)
    expect(await said(flows.signIn({ token: mixed }))).toBe("AUTH_PROOF_INVALID")
    expect(await said(flows.signIn({ handle: first.handle, code: his.code! }))).toBe("AUTH_PROOF_INVALID")
    expect((await flows.signIn({ handle: second.handle, code: his.code! })).account.id).toBe(bob.id)
    expect((await flows.signIn({ token: tokenOf(hers) })).account.id).toBe(ana.id)
  })
  test.each(["", "x", "x".repeat(65), "0".repeat(64), "é".repeat(65), `${"a".repeat(65)}\n`])(
    "as %p is none",
    async (token) => {
      const { flows } = emailWorld()
      expect(await said(flows.signIn({ token }))).toBe("AUTH_PROOF_INVALID")
      expect(await said(flows.signIn({ handle: token, code: token }))).toBe("AUTH_PROOF_INVALID")
    },
  )
  test("is nowhere to be read in the store", async () => {
    const { flows, add, mailTo, store } = emailWorld()
    const ana = add({ email: ANA })
    const { handle } = await flows.askSignIn(ANA, { browser: "her browser" })
    const { url, code } = await mailTo(ANA)
    const kept = JSON.stringify(await store.list(ana.id))
    expect(kept).toContain(handle)
    for (const secret of [tokenOf({ url }).slice(22), code!, "her browser"]) expect(kept).not.toContain(secret)
  })
})

describe("guessing", () => {
  test("a code ends after five tries, the right one included, however many come at once", async () => {
    const { flows, add, mailTo } = emailWorld()
    add({ email: ANA })
    const { handle } = await flows.askSignIn(ANA)
    const { code, url } = await mailTo(ANA)
    const wrong = (at: number) => String((Number(code) + at) % 100_000_000).padStart(8, "0")
    const guesses = Array.from({ length: 200 }, (_, at) => said(flows.signIn({ handle, code: wrong(at + 1) })))
    expect(new Set(await Promise.all(guesses))).toEqual(new Set(["AUTH_PROOF_INVALID"]))
    expect(await said(flows.signIn({ handle, code: code! }))).toBe("AUTH_PROOF_INVALID")
    // Who has the link has the mailbox.
    expect(await said(flows.signIn({ token: tokenOf({ url }) }))).toBe("done")
  })
  test("goes no further by asking for more mail: AUTH_TOO_OFTEN, for addresses of nobody too", async () => {
    const limits = openRateLimits("memory:")
    const { flows, add, sent } = emailWorld({ limits, perHour: 3, canSignUp: false })
    add({ email: ANA })
    for (const email of [ANA, "nobody@example.org"]) {
      const answers: string[] = []
      for (let at = 0; at < 5; at++) answers.push(await said(flows.askSignIn(email.toUpperCase())))
      expect(answers).toEqual(["done", "done", "done", "AUTH_TOO_OFTEN", "AUTH_TOO_OFTEN"])
    }
    await flows.settled()
    expect(sent.length).toBe(3)
    const error = await flows.askReset(ANA).catch((cause) => cause)
    expect(error).toMatchObject({ status: 429, details: { retryAfterSeconds: expect.any(Number) } })
    await limits.close()
  })
})

describe("whether somebody has an account", () => {
  test("is told by no answer, only in the mailbox", async () => {
    const { flows, add, sent } = emailWorld({ canSignUp: false })
    add({ email: ANA })
    const asks = [flows.askSignIn.bind(flows), flows.askReset.bind(flows)]
    for (const ask of asks) {
      const [known, unknown] = [await ask(ANA), await ask("nobody@example.org")]
      expect(Object.keys(known)).toEqual(Object.keys(unknown))
      expect(unknown.handle).toMatch(/^[\w-]{22}$/)
      for (const { handle } of [known, unknown])
        expect(await said(flows.signIn({ handle, code: "12345678" }))).toBe("AUTH_PROOF_INVALID")
    }
    await flows.settled()
    expect(sent.map(({ to }) => to)).toEqual([ANA, ANA])
    const told = emailWorld({ canSignUp: false, tellUnknown: true })
    await told.flows.askReset("nobody@example.org")
    await told.flows.settled()
    expect(told.sent).toEqual([{ kind: "no-account", to: "nobody@example.org", userId: undefined }])
  })
  test("is told by no error of what sends, and no time that it takes", async () => {
    let isSlow = true
    const deliver = async () => {
      if (isSlow) await new Promise(() => undefined)
      throw new RangeError("no mail today")
    }
    const world = emailWorld({ canSignUp: false, deliver })
    world.add({ email: ANA })
    expect(await said(world.flows.askSignIn(ANA))).toBe("done")
    isSlow = false
    const failing = emailWorld({ canSignUp: false, deliver })
    failing.add({ email: ANA })
    expect(await said(failing.flows.askSignIn(ANA))).toBe("done")
    await failing.flows.settled()
    expect(failing.errors).toEqual([expect.any(RangeError)])
  })
  test("is told by no refusal when too much is on its way: AUTH_BUSY for all", async () => {
    const { flows, add } = emailWorld({ canSignUp: false, maxPending: 2, deliver: () => new Promise(() => undefined) })
    for (const email of [ANA, "bob@example.org"]) {
      add({ email })
      await flows.askSignIn(email)
    }
    for (const email of [ANA, "nobody@example.org"]) expect(await said(flows.askSignIn(email))).toBe("AUTH_BUSY")
  })
  test("is told by no work of the store: it is asked the same for both", async () => {
    const { store } = emailWorld()
    const calls: string[] = []
    const watched = new Proxy(store, {
      get:
        (target, name: keyof ProofStore) =>
        (...args: never[]) => {
          calls.push(name)
          return (target[name] as (...all: never[]) => unknown).apply(target, args)
        },
    })
    const { flows, add } = emailWorld({ store: watched, canSignUp: false })
    add({ email: ANA })
    const traces: string[][] = []
    for (const email of [ANA, "nobody@example.org"]) {
      calls.length = 0
      const { handle } = await flows.askSignIn(email)
      await said(flows.signIn({ handle, code: "12345678" }))
      traces.push([...calls])
    }
    expect(traces[0]).toEqual(traces[1]!)
  })
  test("is not to be found out by measuring", async () => {
    const { flows, add } = emailWorld({ canSignUp: false, perHour: 100 })
    const median = (times: number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1]!
    let ratio = 0
    for (let round = 0; round < 5 && !(ratio > 0.7 && ratio < 1.4); round++) {
      const times: Record<string, number[]> = { known: [], unknown: [] }
      for (let at = 0; at < 300; at++) {
        const [known, unknown] = [`k${round}-${at}@example.org`, `u${round}-${at}@example.org`]
        add({ email: known })
        for (const [name, email] of [
          ["known", known],
          ["unknown", unknown],
        ] as const) {
          const started = performance.now()
          await flows.askSignIn(email)
          times[name]!.push(performance.now() - started)
        }
        await flows.settled()
      }
      ratio = median(times.known!.slice(50)) / median(times.unknown!.slice(50))
    }
    expect(ratio).toBeGreaterThan(0.7)
    expect(ratio).toBeLessThan(1.4)
  }, 60_000)
})

const folder = temporaryFolder()
const [postgres, mariadb, redis] = [
  await findServer("PostgreSQL"),
  await findServer("MariaDB"),
  await findServer("Redis"),
]
const urls: [string, string][] = [
  ["memory", "memory:"],
  ["SQLite", `sqlite:${join(folder, "flows.db")}`],
  ...(postgres === undefined
    ? []
    : [
        [
          "PostgreSQL",
          await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"),
        ] as [string, string],
      ]),
  ...(mariadb === undefined
    ? []
    : [
        ["MariaDB", await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")] as [
          string,
          string,
        ],
      ]),
  ...(redis === undefined
    ? []
    : [
        ["Redis", `redis://127.0.0.1:${redis}?prefix=ashlar-test-${crypto.randomUUID().slice(0, 8)}`] as [
          string,
          string,
        ],
      ]),
]
test.each(urls)(
  "of many who show the same at once one is let in, on %s",
  async (_name, url) => {
    const clock = manualClock()
    const store = await openProofs(url, { clock })
    const { flows, add, mailTo } = emailWorld({ store, clock })
    const ana = add({ email: ANA, id: crypto.randomUUID() })
    for (const way of ["link", "code", "reset"]) {
      const { handle } = way === "reset" ? await flows.askReset(ANA) : await flows.askSignIn(ANA)
      const mail = await mailTo(ANA)
      const shown = way === "code" ? { handle, code: mail.code! } : { token: tokenOf(mail) }
      const tries = Array.from({ length: 25 }, (_, at) =>
        said(way === "reset" ? flows.reset(shown, `correct horse ${at}`) : flows.signIn(shown)),
      )
      const answers = await Promise.all(tries)
      expect([
        answers.filter((answer) => answer === "done").length,
        answers.filter((answer) => answer === "AUTH_PROOF_INVALID").length,
      ]).toEqual([1, 24])
    }
    await store.removeAll(ana.id)
    await store.removeAll("ashlar:nobody")
    await store.close()
  },
  60_000,
)

test.each([
  [{ keys: [] }],
  [{ keys: ["short"] }],
  [{ digits: 5 }],
  [{ digits: 11 }],
  [{ minutes: { reset: 0 } }],
  [{ minutes: { verify: 1_441 } }],
  [{ perHour: 0 }],
  [{ maxPending: 0 }],
  [{ passwords: undefined }],
  [
    {
      pages: {
        verify: "http://app.test",
        "sign-in": "https://a.test",
        reset: "https://a.test",
        "change-email": "https://a.test",
      },
    },
  ],
])("options of %j are refused: AUTH_SETUP_INVALID", (options) => {
  expect(() => emailWorld(options as never)).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" }))
})
test("keys change without a stop: what was sent before is good, and no longer when the key is gone", async () => {
  const world = emailWorld()
  world.add({ email: ANA })
  const { handle } = await world.flows.askSignIn(ANA)
  const { code } = await world.mailTo(ANA)
  const other = (keys: string[]) => emailWorld({ store: world.store, clock: world.clock, keys })
  const gone = other(["another key of thirty-two bytes or more"])
  expect(await said(gone.flows.signIn({ handle, code: code! }))).toBe("AUTH_PROOF_INVALID")
  const both = other(["another key of thirty-two bytes or more", KEY])
  for (const account of world.accounts.values()) both.accounts.set(account.id, account)
  expect(await said(both.flows.signIn({ handle, code: code! }))).toBe("done")
  expect(createEmailFlows).toBeFunction()
})
