import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { emailWorld, tokenOf } from "../testing/email-world.ts"
import { parseEmail } from "./email-address.ts"
import { safeNext } from "./safe-next.ts"

const ANA = "ana@example.org"
const said = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error) => error.code,
  )

/** Sudhodanan, Paverd: "Pre-hijacked accounts" (USENIX Security 2022): somebody makes an account of your address before you do. */
describe("an account that a stranger made of somebody's address", () => {
  async function preHijacked() {
    const world = emailWorld()
    const account = world.add({
      email: ANA,
      isVerified: false,
      passwordHash: await world.passwords.hash("the stranger's password"),
      ways: ["the stranger's passkey", "the stranger's GitHub"],
    })
    world.sessions.push([account.id, "the stranger's session"])
    return { ...world, account }
  }
  test.each(["sign-in", "reset", "verify"])("is the owner's alone after %s", async (way) => {
    const { flows, account, mailTo, sessions, passwords } = await preHijacked()
    if (way === "sign-in") await flows.askSignIn(ANA)
    else if (way === "reset") await flows.askReset(ANA)
    else await flows.askVerification(account.id)
    const token = tokenOf(await mailTo(ANA))
    if (way === "sign-in") await flows.signIn({ token })
    else if (way === "reset") await flows.reset({ token }, "the owner's own words")
    else await flows.verify({ token })
    expect([account.isVerified, account.ways, sessions]).toEqual([true, [], []])
    expect(await passwords.verify("the stranger's password", account.passwordHash)).toBe(false)
  })
  test("is kept as it is by who is signed in to it and has the mailbox", async () => {
    const { flows, account, mailTo, sessions } = await preHijacked()
    await flows.askVerification(account.id)
    await flows.verify({ token: tokenOf(await mailTo(ANA)) }, { userId: account.id })
    expect([account.isVerified, account.ways.length, sessions.length]).toEqual([true, 2, 1])
  })
  test("is not kept by who is signed in to another", async () => {
    const { flows, account, mailTo, sessions, add } = await preHijacked()
    const bob = add({ email: "bob@example.org" })
    await flows.askVerification(account.id)
    await flows.verify({ token: tokenOf(await mailTo(ANA)) }, { userId: bob.id })
    expect([account.ways, sessions]).toEqual([[], []])
  })
  test("cannot be taken back by a change of address that the stranger began", async () => {
    const { flows, account, mailTo } = await preHijacked()
    await flows.askEmailChange(account.id, "stranger@evil.example")
    const evil = tokenOf(await mailTo("stranger@evil.example"))
    await flows.askSignIn(ANA)
    await flows.signIn({ token: tokenOf(await mailTo(ANA)) })
    for (const userId of [account.id, "another"])
      expect(await said(flows.changeEmail({ token: evil }, { userId }))).toBe("AUTH_PROOF_INVALID")
    expect(account.email).toBe(ANA)
  })
  test("of a new one, made between the mail and the click, is the owner's too", async () => {
    const { flows, mailTo, add, accounts } = emailWorld()
    await flows.askSignIn(ANA)
    const token = tokenOf(await mailTo(ANA))
    const stranger = add({ email: ANA, isVerified: false, passwordHash: "x", ways: ["passkey"] })
    const { account, isNew } = await flows.signIn({ token })
    expect([account.id, isNew, accounts.size]).toEqual([stranger.id, false, 1])
    expect([stranger.passwordHash, stranger.ways]).toEqual([undefined, []])
  })
})

describe("a reset", () => {
  test("sets the password, ends sessions and all other links, and says so", async () => {
    const { flows, add, mailTo, passwords, sessions, sent } = emailWorld()
    const ana = add({ email: ANA, passwordHash: await passwords.hash("old password"), ways: ["passkey"] })
    sessions.push([ana.id, "a"], [ana.id, "b"], ["bob", "c"])
    await flows.askSignIn(ANA)
    const other = tokenOf(await mailTo(ANA))
    await flows.askReset(ANA)
    const first = tokenOf(await mailTo(ANA))
    await flows.askReset(ANA)
    const second = tokenOf(await mailTo(ANA))
    await flows.reset({ token: first }, "correct horse battery")
    expect(await passwords.verify("correct horse battery", ana.passwordHash)).toBe(true)
    expect([sessions, ana.ways]).toEqual([[["bob", "c"]], ["passkey"]])
    expect(await said(flows.signIn({ token: other }))).toBe("AUTH_PROOF_INVALID")
    expect(await said(flows.reset({ token: second }, "another correct horse"))).toBe("AUTH_PROOF_INVALID")
    await flows.settled()
    expect(sent.at(-1)).toEqual({ kind: "password-changed", to: ANA, userId: ana.id })
  })
  test("that is refused for its password uses nothing up", async () => {
    const { flows, add, mailTo } = emailWorld()
    add({ email: ANA })
    await flows.askReset(ANA)
    const token = tokenOf(await mailTo(ANA))
    for (const weak of ["short", "password1", "ana@example.org"])
      expect(await said(flows.reset({ token }, weak))).toBe("AUTH_PASSWORD_WEAK")
    expect(await said(flows.reset({ token }, "correct horse battery"))).toBe("done")
  })
})

describe("a change", () => {
  test("of the password takes the old one, and ends the other sessions: AUTH_PASSWORD_WRONG", async () => {
    const { flows, add, passwords, sessions } = emailWorld()
    const ana = add({ email: ANA, passwordHash: await passwords.hash("old password") })
    const none = add({ email: "none@example.org" })
    sessions.push([ana.id, "here"], [ana.id, "there"])
    const change = (userId: string, current: string, next = "correct horse battery") =>
      said(flows.changePassword(userId, { current, next, sessionId: "here" }))
    for (const id of [ana.id, none.id, "nobody"]) expect(await change(id, "wrong")).toBe("AUTH_PASSWORD_WRONG")
    expect(await change(ana.id, "old password", "short")).toBe("AUTH_PASSWORD_WEAK")
    expect([await change(ana.id, "old password"), sessions]).toEqual(["done", [[ana.id, "here"]]])
  })
  test("of the password lets nobody try for long who took over a session: AUTH_TOO_OFTEN", async () => {
    const { flows, add, passwords } = emailWorld()
    const ana = add({ email: ANA, passwordHash: await passwords.hash("old password") })
    const change = (current: string) => said(flows.changePassword(ana.id, { current, next: "correct horse battery" }))
    const answers = await Promise.all(Array.from({ length: 30 }, (_, at) => change(`guess ${at}`)))
    expect(answers.filter((answer) => answer === "AUTH_PASSWORD_WRONG").length).toBe(10)
    expect(await change("old password")).toBe("AUTH_TOO_OFTEN")
  })
  test("of the address takes the new mailbox and the session that asked, and tells the old one", async () => {
    const { flows, add, mailTo, sent } = emailWorld()
    const ana = add({ email: ANA })
    const bob = add({ email: "bob@example.org" })
    await flows.askEmailChange(ana.id, "ana@new.example")
    const first = tokenOf(await mailTo("ana@new.example"))
    expect(sent.at(-1)).toEqual({ kind: "email-changing", to: ANA, userId: ana.id })
    for (const userId of [bob.id, "nobody"])
      expect(await said(flows.changeEmail({ token: first }, { userId }))).toBe("AUTH_PROOF_INVALID")
    await flows.askEmailChange(ana.id, "ana@newer.example")
    expect(await said(flows.changeEmail({ token: first }, { userId: ana.id }))).toBe("AUTH_PROOF_INVALID")
    const second = tokenOf(await mailTo("ana@newer.example"))
    expect(await said(flows.changeEmail({ token: second }, { userId: ana.id }))).toBe("done")
    expect(ana.email).toBe("ana@newer.example")
  })
  test("to an address that is taken says so to its owner only", async () => {
    const { flows, add, sent } = emailWorld()
    const [ana, bob] = [add({ email: ANA }), add({ email: "bob@example.org" })]
    const [taken, free] = [
      await flows.askEmailChange(ana.id, bob.email),
      await flows.askEmailChange(ana.id, "free@example.org"),
    ]
    expect(Object.keys(taken)).toEqual(Object.keys(free))
    await flows.settled()
    expect(sent.filter(({ to }) => to === bob.email)).toEqual([{ kind: "email-taken", to: bob.email, userId: bob.id }])
  })
})

describe("an address", () => {
  test.each([
    [" Ana@Example.ORG ", "ana@example.org"],
    ["a+b@example.org", "a+b@example.org"],
    ["ana@bücher.example", "ana@xn--bcher-kva.example"],
    ["päivi@example.org", "päivi@example.org"],
    ["o'neil@example.co.uk", "o'neil@example.co.uk"],
  ])("%p is kept as %p", (text, email) => expect(parseEmail(text)).toBe(email))
  test.each([
    "",
    "@",
    "ana",
    "ana@",
    "@example.org",
    "ana@localhost",
    "ana@example..org",
    "ana.@example.org",
    ".ana@example.org",
    "a b@example.org",
    "ana@example.org\nbcc: eve@evil.example",
    "ana\r\nbcc: eve@evil.example@example.org",
    "ana@example.org,eve@evil.example",
    "ana@example.org;eve@evil.example",
    "<ana@example.org>",
    "ana@example.org@evil.example",
    '"ana"@example.org',
    "ana@[127.0.0.1]",
    "ana@evil.example/@example.org",
    "ana@exa\0mple.org",
    "ana\u202e@example.org",
    `${"a".repeat(65)}@example.org`,
    `a@${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.${"e".repeat(60)}.${"f".repeat(60)}.org`,
    "x".repeat(100_000),
  ])("%p is none: AUTH_EMAIL_INVALID", (text) => {
    expect(() => parseEmail(text)).toThrow(expect.objectContaining({ code: "AUTH_EMAIL_INVALID", status: 422 }))
  })
  test("that looks like somebody's gets no mail of theirs", async () => {
    const { flows, add, sent } = emailWorld({ canSignUp: false })
    add({ email: "mike@example.org" })
    // As upper case and back again makes of it where no care is taken.
    for (const email of ["m\u0131ke@example.org", "mi\u212ae@example.org", "mike@examp\u029fe.org"]) {
      await said(flows.askReset(email))
      await flows.settled()
      expect(sent.filter(({ to }) => to !== "mike@example.org")).toEqual([])
    }
  })
})

describe("where to go on", () => {
  test.each(["/", "/inbox", "/a/b?c=d&e=//f#g", "/%2f%2fevil.example", "/@evil.example", "/a:b", "/é?x=é"])(
    "may be %p",
    (next) => expect(safeNext(next, "/no")).toBe(new URL(next, "http://x").href.slice("http://x".length)),
  )
  test.each([
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/a/..//evil.example",
    "/\u00a0/evil.example",
    "/\u2028/evil.example",
    "/\0/evil.example",
    "",
    "?next=/",
    "#/",
    "/".repeat(3_000),
    undefined,
    null,
    7,
    [["/"]],
  ])("is never %p", (next) => expect(safeNext(next, "/no")).toBe("/no"))
  test("is on this site for whatever is given, as browsers resolve it", () => {
    const pieces = fc.constantFrom(
      "/",
      "\\",
      ".",
      "..",
      ":",
      "@",
      "evil.example",
      "http",
      "\t",
      "\n",
      "\r",
      "%2f",
      "%5c",
      "?",
      "#",
      " ",
      "a",
      "\0",
      "\u3002",
    )
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 12 }).map((all) => all.join("")),
        (next) => {
          const to = safeNext(next)
          expect(new URL(to, "https://app.test/deep/page").origin).toBe("https://app.test")
          expect(safeNext(to)).toBe(to)
        },
      ),
      { numRuns: 3_000 },
    )
  })
})
