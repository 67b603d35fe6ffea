import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type Answer, type Role, raiseStage, type Stage } from "./testing/cast.ts"
import { openMailbox } from "./testing/mailbox.ts"

/** The ways into an app that lead over a mailbox, and what is tried with them. */

const P = "/v1/projects/walls"
const PAGE = "https://walls.example/signed?from=mail"
const password = "dressed stone, no mortar"
const mailbox = openMailbox()
let stage: Stage
let made = 0
async function raise(): Promise<void> {
  stage = await raiseStage({ mail: mailbox.transport, mailFrom: "no-reply@ashlar.example" })
  await settle({ redirectUrls: [PAGE, "http://localhost:3000/in"] })
}
beforeAll(raise, 60_000)
afterAll(() => stage.close())

const settle = async (changes: object, project = "walls"): Promise<Answer> =>
  await stage.call("owner", "PATCH", `/v1/projects/${project}/auth/settings`, changes)
const post = (path: string, body?: object, headers = {}, as: Role = "publishable"): Promise<Answer> =>
  stage.call(as, "POST", `${P}/auth/${path}`, body, headers)
const beside = (token: string): Record<string, string> => ({ "ashlar-user": `Bearer ${token}` })
const told = ({ status, body }: Answer): string => (status >= 400 ? `${status} ${body.code}` : String(status))
const newEmail = (): string => `mailed${++made}@example.org`

interface Person {
  readonly id: string
  readonly email: string
  readonly token: string
}
async function join(): Promise<Person> {
  const email = newEmail()
  const { user, session } = (await post("signup", { email, password })).body
  return { id: user.id, email, token: session.accessToken }
}
const me = (token: string): Promise<Answer> =>
  stage.call("publishable", "GET", `${P}/auth/me`, undefined, beside(token))

/** With each address confirmed first, for as long as it goes on. */
async function whileConfirming<T>(work: () => Promise<T>): Promise<T> {
  await settle({ verifiedEmailOnly: true })
  try {
    return await work()
  } finally {
    await settle({ verifiedEmailOnly: false })
  }
}

describe("a new password", () => {
  test("is chosen by link or code, ends all sessions, and is the only one from then on", async () => {
    const { email, token } = await join()
    for (const way of ["token", "code"]) {
      const { handle } = (await post("reset/send", { email })).body
      const sent = await mailbox.next(email)
      const next = `another one by ${way}`
      const shown = way === "token" ? { token: sent.token } : { handle, code: sent.code }
      expect(told(await post("reset", { ...shown, password: next }))).toBe("204")
      expect((await mailbox.next(email)).message.subject).toBe("Your password for Walls was changed")
      expect(told(await me(token))).toBe("401 IDENTITY_SESSION_ENDED")
      expect(told(await post("signin", { email, password }))).toBe("401 IDENTITY_WRONG_CREDENTIALS")
      expect(told(await post("signin", { email, password: next }))).toBe("200")
    }
  })

  test("is set once by one link, however many try at once", async () => {
    const { email } = await join()
    await post("reset/send", { email })
    const { token } = await mailbox.next(email)
    const tries = Array.from({ length: 8 }, (_, at) => post("reset", { token, password: `a new password ${at}` }))
    const said = (await Promise.all(tries)).map(told)
    expect(said.toSorted()).toEqual(["204", ...Array(7).fill("400 AUTH_PROOF_INVALID")])
    const winner = said.indexOf("204")
    expect(told(await post("signin", { email, password: `a new password ${winner}` }))).toBe("200")
  })

  test("that is refused uses nothing up", async () => {
    const { email } = await join()
    await post("reset/send", { email })
    const { token } = await mailbox.next(email)
    expect(told(await post("reset", { token, password: "short" }))).toBe("422 IDENTITY_WEAK_PASSWORD")
    expect(told(await post("reset", { token, password: "long enough now" }))).toBe("204")
  })

  test("of one's own takes the old one, and leaves this session alone", async () => {
    const { email, token } = await join()
    const other = (await post("signin", { email, password })).body.accessToken
    const change = (current: string): Promise<Answer> =>
      post("password", { current, next: "a second password" }, beside(token))
    expect(told(await change("not the old one"))).toBe("401 AUTH_PASSWORD_WRONG")
    expect(told(await change(password))).toBe("204")
    expect([await me(token), await me(other)].map(told)).toEqual(["200", "401 IDENTITY_SESSION_ENDED"])
  })
})

describe("signing in by mail", () => {
  test("works once, for its purpose and in its project only", async () => {
    const { email, id } = await join()
    await post("link/send", { email })
    const { token } = await mailbox.next(email)
    for (const answer of [await post("verify", { token }), await post("reset", { token, password })])
      expect(told(answer)).toBe("400 AUTH_PROOF_INVALID")
    const elsewhere = await stage.call("otherKey", "POST", "/v1/projects/other/auth/link", { token })
    expect(told(elsewhere)).toBe("400 AUTH_PROOF_INVALID")
    const said = await Promise.all(Array.from({ length: 5 }, () => post("link", { token })))
    expect(said.map(told).toSorted()).toEqual(["200", ...Array(4).fill("400 AUTH_PROOF_INVALID")])
    const session = said.find(({ status }) => status === 200)?.body
    expect(session.user).toMatchObject({ id, emailVerified: true })
    expect(told(await me(session.accessToken))).toBe("200")
  })

  test("makes an account of a new address, unless sign-ups are closed", async () => {
    const [email, late] = [newEmail(), newEmail()]
    await post("link/send", { email })
    await post("link/send", { email: late })
    const { token } = await mailbox.next(email)
    expect((await post("link", { token })).body.user).toMatchObject({ email, emailVerified: true, roles: [] })
    const { token: lateToken } = await mailbox.next(late)
    await settle({ signups: "closed" })
    const unknown = newEmail()
    expect(told(await post("link/send", { email: unknown }))).toBe("202")
    expect(await mailbox.count(unknown)).toBe(0)
    expect(told(await post("link", { token: lateToken }))).toBe("400 AUTH_PROOF_INVALID")
    await settle({ signups: "open" })
  })

  test("takes five guesses of a code, and none of another's", async () => {
    const { email } = await join()
    const { handle } = (await post("link/send", { email })).body
    const { code } = await mailbox.next(email)
    const other = (await post("link/send", { email: (await join()).email })).body.handle
    expect(told(await post("link", { handle: other, code }))).toBe("400 AUTH_PROOF_INVALID")
    const wrong = code === "00000000" ? "00000001" : "00000000"
    for (let n = 0; n < 5; n++) expect(told(await post("link", { handle, code: wrong }))).toBe("400 AUTH_PROOF_INVALID")
    expect(told(await post("link", { handle, code }))).toBe("400 AUTH_PROOF_INVALID")
  })

  test("takes an account from whoever made it of an address that was not theirs", async () => {
    const stranger = await join()
    await post("link/send", { email: stranger.email })
    const { token } = await mailbox.next(stranger.email)
    const { body } = await post("link", { token })
    expect(body.user.id).toBe(stranger.id)
    expect(told(await me(stranger.token))).toBe("401 IDENTITY_SESSION_ENDED")
    expect(told(await post("signin", { email: stranger.email, password }))).toBe("401 IDENTITY_WRONG_CREDENTIALS")
  })

  test("lets nobody in who is disabled, whatever was sent before", async () => {
    const { email, id } = await join()
    await post("link/send", { email })
    const { token } = await mailbox.next(email)
    await stage.call("owner", "PATCH", `${P}/auth/users/${id}`, { disabled: true })
    expect(told(await post("link", { token }))).toBe("400 AUTH_PROOF_INVALID")
    const before = await mailbox.count(email)
    for (const path of ["link/send", "reset/send"]) expect(told(await post(path, { email }))).toBe("202")
    expect(await mailbox.count(email)).toBe(before)
  })
})

describe("an address", () => {
  test("that nobody has is answered as any other, and counted as any other", async () => {
    const known = (await join()).email
    const unknown = newEmail()
    await settle({ signups: "closed" })
    for (let n = 0; n < 6; n++) {
      const answers = await Promise.all([known, unknown].map((email) => post("reset/send", { email })))
      const [one, two] = answers.map(({ status, body }) => [status, Object.keys(body), body.code, body.handle?.length])
      expect([n, one]).toEqual([n, two])
      expect([n, told(answers[0]!)]).toEqual([n, n < 5 ? "202" : "429 IDENTITY_TOO_MANY_ATTEMPTS"])
    }
    expect([await mailbox.count(known), await mailbox.count(unknown)]).toEqual([5, 0])
    await settle({ signups: "open" })
  })

  test("is confirmed by who is signed in, and nothing ends", async () => {
    const { email, token } = await join()
    await post("verify/send", {}, beside(token))
    const sent = await mailbox.next(email)
    const { body } = await post("verify", { token: sent.token }, beside(token))
    expect(body).toMatchObject({ session: null, user: { email, emailVerified: true } })
    expect(told(await me(token))).toBe("200")
    expect(told(await post("signin", { email, password }))).toBe("200")
  })

  test("is confirmed by code where it was signed up, by link wherever: the password stays with the first only", () =>
    whileConfirming(async () => {
      for (const [way, signedIn] of [
        ["code", "200"],
        ["token", "401 IDENTITY_WRONG_CREDENTIALS"],
      ] as const) {
        const email = newEmail()
        const up = await post("signup", { email, password })
        expect([up.status, up.body.session]).toEqual([201, null])
        expect(told(await post("signin", { email, password }))).toBe("403 IDENTITY_EMAIL_UNVERIFIED")
        const { code, token } = await mailbox.next(email)
        const { handle } = up.body.verification
        const shown = way === "code" ? { handle, code } : { token }
        const { body } = await post("verify", shown)
        expect(told(await me(body.session.accessToken))).toBe("200")
        expect([way, told(await post("signin", { email, password }))]).toEqual([way, signedIn])
      }
    }))

  test("that is taken is answered as a new one where addresses are confirmed; its mailbox is told", async () => {
    const { email, id } = await join()
    await whileConfirming(async () => {
      const [taken, free] = [
        await post("signup", { email, password }),
        await post("signup", { email: newEmail(), password }),
      ]
      const shape = ({ status, body }: Answer): unknown => [
        status,
        { ...body, user: { ...body.user, id: body.user.id.length, email: "", createdAt: "" } },
        body.verification.handle.length,
      ]
      const withoutHandle = (answer: Answer): unknown => JSON.stringify(shape(answer)).replace(/"handle":"[\w-]+"/, "")
      expect(withoutHandle(taken)).toBe(withoutHandle(free))
      expect(taken.body.user.id).not.toBe(id)
      const { message, code, token } = await mailbox.next(email)
      expect([message.subject, code, token]).toEqual(["You have an account at Walls already", "", ""])
      const { handle } = taken.body.verification
      expect(told(await post("verify", { handle, code: "12345678" }))).toBe("400 AUTH_PROOF_INVALID")
      for (const wish of [{ password: "short" }, { password: email }, { name: "a\nb" }])
        expect(told(await post("signup", { email, password, ...wish }))).toStartWith("422")
    })
  })
})

describe("a link", () => {
  test("leads to pages that the app names, and nowhere else", async () => {
    const { email } = await join()
    for (const redirectTo of [
      ...["https://walls.example/", "https://walls.example/signed", "https://walls.example/signed?from=mail&x=1"],
      ...["https://walls.example.evil.example/signed?from=mail", "https://walls.example@evil.example/signed?from=mail"],
      ...["http://walls.example/signed?from=mail", "https://walls.example/signed?from=mail#x", "//evil.example"],
      ...["javascript:alert(1)", "https://walls.example/x/../signed?from=mail&", "http://localhost:3001/in"],
    ])
      expect([redirectTo, told(await post("link/send", { email, redirectTo }))]).toEqual([
        redirectTo,
        "422 IDENTITY_REDIRECT_REFUSED",
      ])
    expect(await mailbox.count(email)).toBe(0)
    await post("link/send", { email })
    expect((await mailbox.next(email)).message.text).toContain("https://walls.example/signed?from=mail&token=")
    await post("link/send", { email, redirectTo: "http://localhost:3000/in" })
    expect((await mailbox.next(email)).message.text).toContain("http://localhost:3000/in?token=")
  })

  test.each(["javascript:alert(1)", "http://walls.example/", "https://a:b@walls.example/", "/here", "https://x/#y"])(
    "to %s is no page of an app",
    async (url) => expect(told(await settle({ redirectUrls: [url] }))).toBe("422 IDENTITY_INVALID_INPUT"),
  )

  test("is not sent where the app names no page: the code is enough", async () => {
    const email = newEmail()
    await stage.call("otherKey", "POST", "/v1/projects/other/auth/link/send", { email })
    const { message, code, token } = await mailbox.next(email)
    expect([code.length, token, message.text.includes("open"), message.text.includes("invalid")]).toEqual([
      ...[8, "", false, false],
    ])
  })
})

describe("mail", () => {
  // All of this comes from one address, from which no more than a hundred may in a while.
  beforeAll(async () => {
    await stage.close()
    await raise()
  }, 60_000)

  test("is in the app's words, which are text and nothing else", async () => {
    const words = { subject: "Hello from {{app}}", body: "<b>{{app}}</b>\n\n{{code}}\n\n{{link}}" }
    const mail = { senderName: 'Walls & "{{code}}"', replyTo: "help@walls.example", texts: { link: words } }
    expect(told(await settle({ mail }))).toBe("200")
    const { email } = await join()
    await post("link/send", { email })
    const { message, code, token } = await mailbox.next(email)
    expect(message).toMatchObject({
      from: { email: "no-reply@ashlar.example", name: 'Walls & "{{code}}"' },
      replyTo: { email: "help@walls.example" },
      subject: 'Hello from Walls & "{{code}}"',
      headers: { "auto-submitted": "auto-generated" },
    })
    expect(message.html).toContain("<p>&#60;b&#62;Walls &#38; &#34;{{code}}&#34;&#60;/b&#62;</p>")
    expect([message.html?.includes(code), message.html?.includes(`token=${token}">`)]).toEqual([true, true])
    // The audit log says that words were changed, and not to what.
    const { body } = await stage.call("owner", "GET", `${P}/audit`)
    expect(JSON.stringify(body.items[0])).toContain('"mail":["senderName","replyTo","texts"]')
    const back = await stage.call("owner", "PATCH", `${P}/auth/settings`, { mail: { texts: { link: null } } })
    expect(back.body.mail).toMatchObject({ senderName: 'Walls & "{{code}}"', texts: {} })
    await settle({ mail: { senderName: "", replyTo: null } })
  })

  test.each([
    ["mail.senderName", { senderName: "Walls\r\nBcc: all@example.org" }],
    ["mail.replyTo", { replyTo: "a@b.example\r\nBcc: all@example.org" }],
    ["mail.texts.link.subject", { texts: { link: { subject: "a\nb", body: "{{code}}" } } }],
    ["mail.texts.link.subject", { texts: { link: { subject: "{{code}}", body: "{{code}}" } } }],
    ["mail.texts.reset.body", { texts: { reset: { subject: "a", body: "no way in" } } }],
    ["mail.texts.verify", { texts: { verify: { subject: "a", body: "{{code}} {{password}}" } } }],
  ])("refuses %s that %j", async (field, mail) => {
    const { status, body } = await settle({ mail })
    expect([status, body.code, body.details.field]).toEqual([422, "IDENTITY_INVALID_INPUT", field])
  })

  test("leaves nothing of what it carries in the log", async () => {
    const { email } = await join()
    const { handle } = (await post("link/send", { email })).body
    const { code, token } = await mailbox.next(email)
    await post("link", { handle, code: "00000000" })
    const log = stage.log.join("\n")
    expect([token, code, email].filter((secret) => log.includes(secret))).toEqual([])
  })

  test.each([[{}], [{ token: "x", handle: "y", code: "z" }], [{ handle: "y" }], [{ code: "z" }]])(
    "is shown by a token, or a handle and a code: %j is neither",
    async (shown) => expect(told(await post("link", shown))).toBe("422 IDENTITY_INVALID_INPUT"),
  )
})

describe("an install", () => {
  test("that does not say what sends mail shows it in its log, to the developer at the same machine only", async () => {
    for (const [host, isShown] of [
      ["127.0.0.1", true],
      ["0.0.0.0", false],
    ] as const) {
      const here = await raiseStage({ host })
      const body = { email: "ada@example.org" }
      const { body: asked } = await here.call("publishable", "POST", `${P}/auth/link/send`, body)
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      const code = /\\n(\d{8})\\n/.exec(here.log.find((line) => line.includes("ada@example.org")) ?? "")?.[1]
      expect([host, code !== undefined]).toEqual([host, isShown])
      const shown = { handle: asked.handle, code: code ?? "0" }
      expect(told(await here.call("publishable", "POST", `${P}/auth/link`, shown))).toBe(
        isShown ? "200" : "400 AUTH_PROOF_INVALID",
      )
      await here.close()
    }
  })

  test.each([
    { mail: "smtp://127.0.0.1:1" },
    { mail: "pigeon://loft", mailFrom: "a@ashlar.example" },
    { mail: "memory:", mailFrom: "a@ashlar.example\r\nBcc: b@ashlar.example" },
  ])("does not start with %j", async (options) => {
    const refused = await raiseStage(options).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: "SERVER_BACKEND_INVALID" })
  })
})
