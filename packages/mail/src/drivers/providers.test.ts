import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { signatureProblem } from "@ashlar/storage/testing/sigv4"
import PostalMime from "postal-mime"
import { type Mail, openMail } from "../index.ts"
import { type RecordingServer, startRecordingServer } from "../testing/recording-server.ts"

let server: RecordingServer
beforeAll(async () => {
  server = await startRecordingServer()
})
afterAll(() => server.close())
beforeEach(() => {
  server.seen.length = 0
  server.answers.length = 0
})

const message = {
  to: ["Ana Ünal <ana@example.com>", "bob@example.com"],
  cc: "cc@example.com",
  bcc: ["hidden@example.com", "bob@example.com"],
  replyTo: "Help <help@example.com>",
  subject: "Grüße ✓",
  html: '<p>Hello <img src="cid:logo"></p>',
  headers: { "x-order": "7" },
  tags: ["welcome"],
  attachments: [
    { filename: "a.txt", content: "text" },
    { filename: "logo.png", content: new Uint8Array([1, 255]), contentId: "logo" },
  ],
}
function open(url: string, more = "", attempts = 1): Mail {
  return openMail(`${url}?endpoint=${encodeURIComponent(server.url)}${more}`, {
    from: "Shop <shop@example.com>",
    attempts,
    backoffMs: 1,
  })
}

describe("the request of", () => {
  test("SendGrid", async () => {
    server.answers.push({ status: 202, headers: { "x-message-id": "sg-1" }, body: "" })
    const sent = await open("sendgrid://:SG.key@/").send(message)
    const [{ method, path, headers, body }] = server.seen as [RecordingServer["seen"][number]]
    expect([sent.id, method, path, headers.authorization, headers["content-type"]]).toEqual([
      "sg-1",
      "POST",
      "/v3/mail/send",
      "Bearer SG.key",
      "application/json",
    ])
    expect(JSON.parse(body.toString())).toEqual({
      personalizations: [
        {
          to: [{ email: "ana@example.com", name: "Ana Ünal" }, { email: "bob@example.com" }],
          cc: [{ email: "cc@example.com" }],
          bcc: [{ email: "hidden@example.com" }],
        },
      ],
      from: { email: "shop@example.com", name: "Shop" },
      reply_to: { email: "help@example.com", name: "Help" },
      subject: "Grüße ✓",
      content: [
        { type: "text/plain", value: "Hello" },
        { type: "text/html", value: message.html },
      ],
      headers: { "x-order": "7", "Message-ID": `<${sent.messageId}>` },
      categories: ["welcome"],
      attachments: [
        { content: "dGV4dA==", filename: "a.txt", type: "text/plain;charset=utf-8", disposition: "attachment" },
        { content: "Af8=", filename: "logo.png", type: "image/png", disposition: "inline", content_id: "logo" },
      ],
    })
  })
  test("Mailgun", async () => {
    server.answers.push({ status: 200, body: '{"id":"<mg-1@example.com>","message":"Queued. Thank you."}' })
    const sent = await open("mailgun://:key-1@/mg.example.com").send(message)
    const [{ method, path, headers, body }] = server.seen as [RecordingServer["seen"][number]]
    expect([sent.id, method, path]).toEqual(["mg-1@example.com", "POST", "/v3/mg.example.com/messages"])
    expect(Buffer.from(headers.authorization!.slice(6), "base64").toString()).toBe("api:key-1")
    const form = await new Response(new Uint8Array(body), {
      headers: { "content-type": headers["content-type"]! },
    }).formData()
    const texts = [
      "from",
      "to",
      "cc",
      "bcc",
      "subject",
      "text",
      "html",
      "h:Reply-To",
      "h:Message-Id",
      "h:x-order",
      "o:tag",
    ].map((name) => form.getAll(name))
    expect(texts).toEqual([
      ['"Shop" <shop@example.com>'],
      ["=?UTF-8?B?QW5hIMOcbmFs?= <ana@example.com>", "bob@example.com"],
      ["cc@example.com"],
      ["hidden@example.com", "bob@example.com"],
      ["Grüße ✓"],
      ["Hello"],
      [message.html],
      ['"Help" <help@example.com>'],
      [`<${sent.messageId}>`],
      ["7"],
      ["welcome"],
    ])
    const [attachment, inline] = [form.get("attachment") as File, form.get("inline") as File]
    expect([attachment.name, await attachment.text(), inline.name]).toEqual(["a.txt", "text", "logo"])
    expect(body.toString("latin1")).toContain("Content-Type: image/png")
  })
  test("Resend, with its key", async () => {
    server.answers.push({ status: 200, body: '{"id":"re-1"}' })
    const sent = await open("resend://:re_key@/").send(message, { key: "order-7" })
    const [{ method, path, headers, body }] = server.seen as [RecordingServer["seen"][number]]
    expect([sent.id, method, path, headers.authorization, headers["idempotency-key"]]).toEqual([
      "re-1",
      "POST",
      "/emails",
      "Bearer re_key",
      "order-7",
    ])
    expect(JSON.parse(body.toString())).toEqual({
      from: '"Shop" <shop@example.com>',
      to: ["=?UTF-8?B?QW5hIMOcbmFs?= <ana@example.com>", "bob@example.com"],
      cc: ["cc@example.com"],
      bcc: ["hidden@example.com", "bob@example.com"],
      reply_to: '"Help" <help@example.com>',
      subject: "Grüße ✓",
      text: "Hello",
      html: message.html,
      headers: { "x-order": "7", "Message-ID": `<${sent.messageId}>` },
      tags: [{ name: "welcome", value: "1" }],
      attachments: [
        { filename: "a.txt", content: "dGV4dA==", content_type: "text/plain;charset=utf-8" },
        { filename: "logo.png", content: "Af8=", content_type: "image/png", content_id: "logo" },
      ],
    })
  })
  test("SES, signed", async () => {
    server.answers.push({ status: 200, body: '{"MessageId":"ses-1"}' })
    const sent = await open("ses://AKID:secret%2F1@/", "&region=eu-west-1").send(message)
    const [{ method, path, headers, body }] = server.seen as [RecordingServer["seen"][number]]
    expect([sent.id, method, path]).toEqual(["ses-1", "POST", "/v2/email/outbound-emails"])
    const expected = { accessKeyId: "AKID", secretAccessKey: "secret/1", region: "eu-west-1", service: "ses" }
    expect(signatureProblem({ method, target: path, headers, body }, expected)).toBeUndefined()
    expect(signatureProblem({ method, target: path, headers, body: Buffer.from("{}") }, expected)).toBeDefined()
    const { FromEmailAddress, Destination, Content, EmailTags } = JSON.parse(body.toString())
    expect([FromEmailAddress, Destination, EmailTags]).toEqual([
      '"Shop" <shop@example.com>',
      {
        ToAddresses: ["=?UTF-8?B?QW5hIMOcbmFs?= <ana@example.com>", "bob@example.com"],
        CcAddresses: ["cc@example.com"],
        BccAddresses: ["hidden@example.com", "bob@example.com"],
      },
      [{ Name: "welcome", Value: "1" }],
    ])
    const raw = Buffer.from(Content.Raw.Data, "base64")
    expect(raw.includes("hidden@example.com")).toBe(false)
    const parsed = await PostalMime.parse(raw)
    expect([parsed.subject, parsed.attachments.map(({ filename }) => filename).sort()]).toEqual([
      "Grüße ✓",
      ["a.txt", "logo.png"],
    ])
  })
})

describe.each([
  ["sendgrid://:hidden@/"],
  ["mailgun://:hidden@/mg.example.com"],
  ["resend://:hidden@/"],
  ["ses://id:hidden@/"],
])("%s", (url) => {
  test("tells what passes from what does not", async () => {
    server.answers.push({ status: 429, headers: { "retry-after": "0" } }, { status: 503 })
    await open(url, "", 3).send(message)
    expect(server.seen.length).toBe(3)
    for (const status of [400, 401, 403, 413, 422, 302]) {
      server.answers.push({ status, body: '{"message":"ana@example.com is no good"}' })
      const failure = (await open(url, "", 3)
        .send(message)
        .catch((error: unknown) => error)) as Error
      expect(failure).toMatchObject({ code: "MAIL_REJECTED", details: { status } })
      expect(failure.message + JSON.stringify(failure)).not.toMatch(/hidden|ana@/)
    }
    server.answers.push({ status: 429, headers: { "retry-after": "3600" } })
    await expect(open(url, "", 3).send(message)).rejects.toMatchObject({
      code: "MAIL_UNAVAILABLE",
      details: { status: 429, retryAfterMs: 3_600_000 },
    })
    server.answers.push({ status: 200, cut: true }, { status: 200, cut: true }, { status: 200, cut: true })
    await expect(open(url).send(message)).rejects.toMatchObject({ code: "MAIL_UNAVAILABLE" })
  })
})
