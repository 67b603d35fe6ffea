import { describe, expect, test } from "bun:test"
import { createContainer } from "@ashlar/core"
import { openStorage } from "@ashlar/storage"
import {
  defineMail,
  html,
  MailRejected,
  type MailTransport,
  MailUnavailable,
  mailGuarantees,
  openMail,
  type PreparedMessage,
  parseAddress,
} from "./index.ts"

const from = "Shop <shop@example.com>"

/** Takes what the test says. */
function fake(
  outcomes: (Error | "taken" | (() => Promise<void>))[] = [],
): MailTransport & { taken: PreparedMessage[]; tries: number } {
  const transport = {
    taken: [] as PreparedMessage[],
    tries: 0,
    async send(message: PreparedMessage) {
      transport.tries++
      const outcome = outcomes.shift() ?? "taken"
      if (outcome instanceof Error) throw outcome
      if (typeof outcome === "function") await outcome()
      transport.taken.push(message)
      return { id: `id ${transport.taken.length}`, rejected: [] }
    },
    async close() {},
  }
  return transport
}

describe("an address", () => {
  test.each([
    ["ana@example.com", "ana@example.com", ""],
    ["  Ana Ünal <a.b+c@sub.example.co>", "a.b+c@sub.example.co", "Ana Ünal"],
    ['"Doe, Jane" <jane@example.com>', "jane@example.com", "Doe, Jane"],
    ["x@bücher.example", "x@xn--bcher-kva.example", ""],
  ])("%s is read", (text, email, name) => expect(parseAddress(text, "to")).toEqual({ email, name }))
  test.each([
    "",
    "ana",
    "@example.com",
    "ana@",
    "ana@localhost",
    "a b@example.com",
    "ana@example.com, eve@example.com",
    "ana@example.com\r\nBcc: eve@example.com",
    "Ana\r\nBcc: eve@example.com <ana@example.com>",
    "Ana <ana@example.com> <eve@example.com>",
    "ana@127.0.0.1",
    "ana@[127.0.0.1]",
    "ana@-x.example",
    ".ana@example.com",
    "a..na@example.com",
    `${"x".repeat(65)}@example.com`,
    `ana@${"x".repeat(64)}.example`,
    "ana@exam\u202eple.com",
    '"a b"@example.com',
    "ana;eve@example.com",
    "ana@example.com\0",
  ])("%p is refused", (text) => expect(() => parseAddress(text, "to")).toThrow("Expected `to`"))
})

describe("a message", () => {
  test("is checked before anything is sent", async () => {
    const transport = fake()
    const mail = openMail(transport, { from, maxRecipients: 3, maxBytes: 1_000 })
    const good = { to: "ana@example.com", subject: "Hello", text: "x" }
    const rows: [object, string][] = [
      [{ to: [] }, "to"],
      [{ to: ["a@x.example", "b@x.example"], bcc: ["c@x.example", "d@x.example"] }, "to"],
      [{ to: { email: "a@x.example", name: "A\nB" } }, "to"],
      [{ subject: "Hello\r\nBcc: eve@example.com" }, "subject"],
      [{ subject: "x".repeat(401) }, "subject"],
      [{ text: undefined }, "text"],
      [{ headers: { "x-a": "1\r\nBcc: eve@example.com" } }, "headers.x-a"],
      [{ headers: { "x-a\r\nBcc": "eve@example.com" } }, "headers"],
      [{ headers: { bcc: "eve@example.com" } }, "headers"],
      [{ headers: { "Content-Type": "text/html" } }, "headers"],
      [{ replyTo: "x" }, "replyTo"],
      [{ tags: ["a b"] }, "tags"],
      [{ attachments: [{ filename: "../x", content: "x" }] }, "attachments"],
      [{ attachments: [{ filename: 'a"\r\nX: y', content: "x" }] }, "attachments"],
      [{ attachments: [{ filename: "x", content: "x", contentId: "<x>" }] }, "attachments"],
      [{ attachments: [{ filename: "x", content: "x", contentType: "text/plain\r\nX: y" }] }, "attachments"],
    ]
    for (const [change, field] of rows)
      await expect(mail.send({ ...good, ...change })).rejects.toMatchObject({
        code: "MAIL_MESSAGE_INVALID",
        details: { field },
      })
    await expect(openMail(transport).send(good)).rejects.toMatchObject({ code: "MAIL_MESSAGE_INVALID" })
    const large = { ...good, attachments: [{ filename: "x", content: new Uint8Array(1_000) }] }
    await expect(mail.send(large)).rejects.toMatchObject({ code: "MAIL_TOO_LARGE", details: { maxBytes: 1_000 } })
    await expect(mail.send({ ...good, text: "x".repeat(1_001) })).rejects.toMatchObject({ code: "MAIL_TOO_LARGE" })
    expect(transport.tries).toBe(0)
    expect(() => openMail("memory:", { from: "nobody" })).toThrow("from")
  })
  test("brings its text, its files, and objects of a storage", async () => {
    const storage = openStorage("memory:")
    await storage.put("invoices/1.pdf", "%PDF")
    const transport = fake()
    await openMail(transport, { from }).send({
      to: ["Ana <ana@example.com>"],
      subject: "Ünicode ✓",
      html: html`<p>Hello ${"<Ana>"}</p>`,
      attachments: [
        { filename: "invoice.pdf", content: { storage, key: "invoices/1.pdf" } },
        { filename: "note.txt", content: new Blob(["stream"]).stream() },
        { filename: "logo.png", content: new Uint8Array([1]), contentId: "logo" },
      ],
    })
    const [message] = transport.taken
    expect(message).toMatchObject({
      text: "Hello <Ana>",
      html: "<p>Hello &#60;Ana&#62;</p>",
      from: { email: "shop@example.com", name: "Shop" },
    })
    expect(
      message!.attachments.map(({ filename, content, contentType, contentId }) => [
        filename,
        Buffer.from(content).toString(),
        contentType,
        contentId,
      ]),
    ).toEqual([
      ["invoice.pdf", "%PDF", "application/pdf", undefined],
      ["note.txt", "stream", "text/plain;charset=utf-8", undefined],
      ["logo.png", "\u0001", "image/png", "logo"],
    ])
  })
})

describe("sending", () => {
  const message = { to: "ana@example.com", subject: "Hello", text: "x" }
  test("is tried again while the other side says not now, and no longer", async () => {
    const later = (): Error => new MailUnavailable("not now")
    const first = fake([later(), later()])
    await openMail(first, { from, backoffMs: 1 }).send(message)
    expect(first.tries).toBe(3)
    expect(new Set(first.taken.map(({ messageId }) => messageId)).size).toBe(1)
    const second = fake([later(), later(), later()])
    await expect(openMail(second, { from, backoffMs: 1 }).send(message)).rejects.toMatchObject({
      code: "MAIL_UNAVAILABLE",
    })
    const third = fake([new MailRejected("never")])
    await expect(openMail(third, { from, backoffMs: 1 }).send(message)).rejects.toMatchObject({ code: "MAIL_REJECTED" })
    const fourth = fake([new MailUnavailable("in an hour", { details: { retryAfterMs: 3_600_000 } })])
    await expect(openMail(fourth, { from, backoffMs: 1 }).send(message)).rejects.toMatchObject({
      code: "MAIL_UNAVAILABLE",
    })
    expect([second.tries, third.tries, fourth.tries]).toEqual([3, 1, 1])
  })
  test("under one key is done once, by many at once and later", async () => {
    const transport = fake([new MailRejected("never"), () => Bun.sleep(20)])
    const mail = openMail(transport, { from })
    await expect(mail.send(message, { key: "order-1" })).rejects.toMatchObject({ code: "MAIL_REJECTED" }) // which is no reason not to try again
    const sent = await Promise.all([1, 2, 3].map(() => mail.send(message, { key: "order-1" })))
    expect([await mail.send(message, { key: "order-1" }), transport.taken.length]).toEqual([sent[0]!, 1])
    await mail.send(message, { key: "order-2" })
    const [one, two] = transport.taken.map(({ messageId }) => messageId)
    expect(one).not.toBe(two!)
    const again = fake()
    await openMail(again, { from }).send(message, { key: "order-1" })
    expect(again.taken[0]!.messageId).toBe(one!) // so that whoever gets both can tell
    await expect(mail.send(message, { key: "a b" })).rejects.toMatchObject({ code: "MAIL_OPTION_INVALID" })
  })
  test("keeps to a rate, and lets only so many wait", async () => {
    const transport = fake()
    const mail = openMail(transport, { from, rate: { messages: 2, perMs: 300 }, maxWaiting: 4 })
    const before = performance.now()
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(() => mail.send(message)))
    expect(performance.now() - before).toBeGreaterThanOrEqual(290)
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
    ])
    expect((outcomes[4] as PromiseRejectedResult).reason).toMatchObject({ code: "MAIL_BUSY" })
    const stop = new AbortController()
    const waiting = mail.send(message, { signal: stop.signal })
    stop.abort(new RangeError("no more"))
    await expect(waiting).rejects.toThrow("no more")
    await mail.send(message)
  })
  test("ends before what it is done with is closed", async () => {
    const transport = fake([() => Bun.sleep(30)])
    const mail = openMail(transport, { from })
    const sending = mail.send(message)
    await Bun.sleep(5)
    await mail.close()
    expect(transport.taken.length).toBe(1)
    await sending
    await expect(mail.send(message)).rejects.toMatchObject({ code: "MAIL_CLOSED" })
  })
  test("is bounded by options that fit", () => {
    for (const options of [
      { attempts: 0 },
      { backoffMs: -1 },
      { maxBytes: 0 },
      { maxRecipients: 0 },
      { rate: { messages: 0, perMs: 1 } },
      { maxWaiting: -1 },
    ])
      expect(() => openMail("memory:", options)).toThrow(expect.objectContaining({ code: "MAIL_OPTION_INVALID" }))
  })
})

describe("mail", () => {
  test("says what it promises", () => {
    expect(mailGuarantees("smtp://x")).toEqual({
      delivers: true,
      idempotent: false,
      reportsRecipients: true,
      preview: false,
    })
    expect(() => openMail("log:", { needs: { delivers: true } })).toThrow(
      "Use one of: smtp:, sendgrid:, mailgun:, ses:, resend:.",
    )
  })
  test("is a service of an app, and keeps the last messages where it sends none", async () => {
    const AppMail = defineMail(() => "memory:?keep=2", { from })
    const container = createContainer()
    const mail = await container.get(AppMail)
    for (const subject of ["1", "2", "3"]) await mail.send({ to: "ana@example.com", subject, text: "x" })
    expect(mail.outbox!.list().map(({ message }) => message.subject)).toEqual(["3", "2"])
    mail.outbox!.clear()
    expect(mail.outbox!.list()).toEqual([])
    await container.close()
  })
  test("is refused a URL that does not read, without its key", async () => {
    for (const url of [
      "sendgrid://hidden@/",
      "resend://:hidden@host/",
      "mailgun://:hidden@/",
      "ses://id:hidden@/x?region=a%20b",
      "smtp:hidden",
      "resend://:hidden@/?endpoint=ftp://x",
      "memory:x",
    ]) {
      const failure = (await openMail(url)
        .ready()
        .catch((error: unknown) => error)) as { code: string; message: string }
      expect([url, failure.code]).toEqual([url, "CORE_DRIVER_URL_INVALID"])
      if (url.includes("@")) expect(failure.message).not.toContain("hidden")
    }
  })
})
