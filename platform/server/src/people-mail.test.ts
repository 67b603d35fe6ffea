import { expect, test } from "bun:test"
import { addApp } from "./testing/authenticator.ts"
import {
  bearer,
  cookiesOf,
  describePeople,
  mailbox,
  password,
  person,
  post,
  stage,
  told,
  trailOf,
} from "./testing/people-stage.ts"

/** People who come in over their mailboxes, and what is tried with that. */

describePeople("signing in by mail", () => {
  test("by the link or by the code, each once, and never by both", async () => {
    const who = await person(true)
    const { body: asked } = await post("mail/send", { email: ` ${who.email.toUpperCase()} ` })
    const { token, code, message } = await mailbox.next(who.email)
    expect(message.text).toContain("/sign-in/mail?token=")
    const said = await Promise.all(Array.from({ length: 6 }, () => post("mail", { token })))
    expect(said.map(told).toSorted()).toEqual(["200", ...Array(5).fill("400 AUTH_PROOF_INVALID")])
    expect(told(await post("mail", { handle: asked.handle, code }))).toBe("400 AUTH_PROOF_INVALID")
    const { body: again } = await post("mail/send", { email: who.email })
    const other = await mailbox.next(who.email)
    const session = await post("mail", { handle: again.handle, code: other.code })
    expect(session.body.user).toMatchObject({ id: who.id, emailVerified: true })
    const me = await stage().call("anonymous", "GET", "/v1/auth/me", undefined, bearer(session.body.accessToken))
    expect(told(me)).toBe("200")
  })

  test("tells nobody whether an address has an account, but its mailbox", async () => {
    const [known, unconfirmed] = [await person(true), await person(false)]
    const answers = await Promise.all(
      [known.email, unconfirmed.email, "nobody@example.org"].map((email) => post("mail/send", { email })),
    )
    for (const { status, body } of answers) expect([status, Object.keys(body)]).toEqual([202, ["handle"]])
    expect(new Set(answers.map(({ body }) => body.handle.length))).toEqual(new Set([22]))
    expect((await mailbox.next(known.email)).code).toMatch(/^\d{8}$/)
    const word = await mailbox.next(unconfirmed.email)
    expect([word.code, word.token]).toEqual(["", ""])
    expect(await mailbox.count("nobody@example.org")).toBe(0)
  })

  test("is good in the browser that asked, where that was named, and in no other one", async () => {
    const who = await person(true)
    const asked = await post("mail/send", { email: who.email, cookie: true })
    const line = asked.headers.getSetCookie().join("\n")
    expect(line).toMatch(/^ashlar_browser=[\w-]{43}; Path=\/v1\/auth; HttpOnly; SameSite=Strict/)
    const { token, code } = await mailbox.next(who.email)
    const shown = { handle: asked.body.handle, code }
    expect(told(await post("mail", { token }))).toBe("400 AUTH_PROOF_INVALID")
    expect(told(await post("mail", shown, { cookie: `ashlar_browser=${"A".repeat(43)}` }))).toBe(
      "400 AUTH_PROOF_INVALID",
    )
    expect(told(await post("mail", { token }, { cookie: cookiesOf(asked) }))).toBe("200")
  })

  test("asks for the second factor where there is one, and says how it was begun", async () => {
    const who = await person(true)
    const { code } = await addApp(stage(), who.token)
    await post("mail/send", { email: who.email })
    const { token } = await mailbox.next(who.email)
    const first = await post("mail", { token })
    expect(told(first)).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
    const second = await post("signin/factor", { ticket: first.body.details.ticket, code: code(1) })
    expect(told(second)).toBe("200")
    const { amr } = await stage().server.platform.identity.authenticate(second.body.accessToken)
    expect([amr.includes("email"), amr.includes("mfa"), amr.includes("pwd")]).toEqual([true, true, false])
  })

  test("is over when a new password is set meanwhile", async () => {
    const who = await person(true)
    await post("mail/send", { email: who.email })
    const { token } = await mailbox.next(who.email)
    expect(told(await post("password", { password: "another phrase for it" }, bearer(who.token)))).toBe("204")
    expect(told(await post("mail", { token }))).toBe("400 AUTH_PROOF_INVALID")
    expect((await mailbox.next(who.email)).message.subject).toContain("Your password was changed")
  })

  test("fills nobody's mailbox", async () => {
    const who = await person(true)
    const said: string[] = []
    for (let n = 0; n < 6; n++) said.push(told(await post("mail/send", { email: who.email })))
    expect([said[0], said.at(-1)]).toEqual(["202", "429 IDENTITY_TOO_MANY_ATTEMPTS"])
  })
})

describePeople("an address", () => {
  test("is confirmed by whoever is signed in to the account, and by nobody else", async () => {
    const [who, other] = [await person(false), await person(false)]
    await post("email/verify/send", {}, bearer(who.token))
    const { token } = await mailbox.next(who.email)
    expect(told(await post("email/verify", { token }, bearer(other.token)))).toBe("400 AUTH_PROOF_INVALID")
    expect(told(await post("email/verify", { token }, bearer(who.token)))).toBe("400 AUTH_PROOF_INVALID")
    const { body } = await stage().call("anonymous", "GET", "/v1/auth/me", undefined, bearer(who.token))
    expect(body.emailVerified).toBe(false)
  })

  test("is changed by what is sent to the new one, and the old one is told", async () => {
    const who = await person(true)
    const to = `moved-${who.email}`
    const { body: asked } = await post("email/send", { email: to }, bearer(who.token))
    const { code } = await mailbox.next(to)
    expect((await mailbox.next(who.email)).message.subject).toContain("about to change")
    const changed = await post("email", { handle: asked.handle, code }, bearer(who.token))
    expect(changed.body).toMatchObject({ id: who.id, email: to, emailVerified: true })
    expect(told(await post("signin", { email: who.email, password }))).toBe("401 IDENTITY_WRONG_CREDENTIALS")
    expect(told(await post("signin", { email: to, password }))).toBe("200")
    expect((await trailOf(who))[0]).toEqual(["account.email", { from: who.email, to }])
  })

  test("of somebody else is given to nobody: they alone are told", async () => {
    const [who, owner] = [await person(true), await person(true)]
    const asked = await post("email/send", { email: owner.email }, bearer(who.token))
    expect([asked.status, Object.keys(asked.body)]).toEqual([202, ["handle"]])
    const word = await mailbox.next(owner.email)
    expect([word.message.subject.includes("have an account already"), word.code]).toEqual([true, ""])
  })

  test("that another one took meanwhile is not taken from them", async () => {
    const who = await person(true)
    const to = `raced-${who.email}`
    await post("email/send", { email: to }, bearer(who.token))
    const { token } = await mailbox.next(to)
    await post("signup", { name: "Faster", email: to, password })
    expect(told(await post("email", { token }, bearer(who.token)))).toBe("400 AUTH_PROOF_INVALID")
  })
})
