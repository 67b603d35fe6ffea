import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { connect, createServer, type Server as NetServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import PostalMime from "postal-mime"
import { SMTPServer, type SMTPServerOptions } from "smtp-server"
import { openMail } from "../index.ts"

const folder = mkdtempSync(join(tmpdir(), "ashlar-mail-"))
const caFile = join(folder, "cert.pem")
const keyFile = join(folder, "key.pem")
beforeAll(() => {
  const made = Bun.spawnSync([
    ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", keyFile, "-out", caFile],
  ])
  expect(made.exitCode).toBe(0)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Taken {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: Buffer
  readonly isSecure: boolean
  readonly user: string | undefined
}
interface TestServer {
  readonly port: number
  readonly taken: Taken[]
}
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function serve(options: Partial<SMTPServerOptions> = {}): Promise<TestServer> {
  const taken: Taken[] = []
  const server = new SMTPServer({
    key: readFileSync(keyFile),
    cert: readFileSync(caFile),
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    onAuth: ({ username, password }, _, done) =>
      username === "user" && password === "pass word"
        ? done(null, { user: username })
        : done(Object.assign(new Error("no"), { responseCode: 535 })),
    onData(stream, session, done) {
      const pieces: Buffer[] = []
      stream.on("data", (piece: Buffer) => pieces.push(piece))
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope
        taken.push({
          from: mailFrom === false ? "" : mailFrom!.address,
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(pieces),
          isSecure: session.secure === true,
          user: session.user as string | undefined,
        })
        done(null, "taken")
      })
    },
    ...options,
  })
  server.on("error", () => undefined)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()))
  ends.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { port: (server.server.address() as { port: number }).port, taken }
}

function mailTo(
  port: number,
  { scheme = "smtp", login = "", more = "", attempts = 1 } = {},
): ReturnType<typeof openMail> {
  const mail = openMail(`${scheme}://${login}127.0.0.1:${port}?caFile=${encodeURIComponent(caFile)}${more}`, {
    from: "Shop <shop@example.com>",
    attempts,
    backoffMs: 1,
  })
  ends.push(() => mail.close())
  return mail
}
const message = { to: "ana@example.com", subject: "Hello", text: "x" }

describe("SMTP", () => {
  test("carries all of a message, and hides who is hidden", async () => {
    const { port, taken } = await serve()
    const mail = mailTo(port, { login: "user:pass%20word@" })
    const sent = await mail.send({
      to: ["Ana Ünal <ana@example.com>", "bob@example.com"],
      cc: "cc@example.com",
      bcc: "hidden@example.com",
      replyTo: "help@example.com",
      subject: "Grüße ✓",
      html: '<p>Hello <img src="cid:logo"></p>',
      headers: { "list-unsubscribe": "<https://example.com/u>" },
      attachments: [
        { filename: "Übersicht.pdf", content: new Uint8Array([37, 80, 0, 255]) },
        { filename: "logo.png", content: "png", contentId: "logo" },
      ],
    })
    const [one] = taken
    expect([one!.from, one!.to, one!.isSecure, one!.user]).toEqual([
      "shop@example.com",
      ["ana@example.com", "bob@example.com", "cc@example.com", "hidden@example.com"],
      true,
      "user",
    ])
    expect(one!.raw.includes("hidden@example.com")).toBe(false)
    const parsed = await PostalMime.parse(one!.raw)
    expect(parsed).toMatchObject({
      from: { name: "Shop", address: "shop@example.com" },
      to: [
        { name: "Ana Ünal", address: "ana@example.com" },
        { name: "", address: "bob@example.com" },
      ],
      cc: [{ address: "cc@example.com" }],
      replyTo: [{ address: "help@example.com" }],
      subject: "Grüße ✓",
      messageId: `<${sent.messageId}>`,
    })
    expect(parsed.html).toContain("cid:logo")
    expect(parsed.text!.trim()).toBe("Hello")
    expect(parsed.headers.find(({ key }) => key === "list-unsubscribe")!.value).toBe("<https://example.com/u>")
    const files = parsed.attachments.map(({ filename, content, contentId, disposition }) => [
      filename,
      [...new Uint8Array(content as ArrayBuffer)],
      contentId,
      disposition,
    ])
    expect(files).toContainEqual(["Übersicht.pdf", [37, 80, 0, 255], undefined, "attachment"])
    expect(files).toContainEqual(["logo.png", [...Buffer.from("png")], "<logo>", "inline"])
    expect(sent.rejected).toEqual([])
  })
  test("begins with TLS where the URL says so", async () => {
    const { port, taken } = await serve({ secure: true })
    await mailTo(port, { scheme: "smtps" }).send(message)
    expect(taken[0]!.isSecure).toBe(true)
  })
  test("is given up where TLS is not to be had, or of somebody else", async () => {
    const plain = await serve({ hideSTARTTLS: true, disabledCommands: ["STARTTLS"] })
    await expect(mailTo(plain.port).send(message)).rejects.toMatchObject({
      code: expect.stringMatching(/^MAIL_(REJECTED|UNAVAILABLE)$/),
    })
    expect(plain.taken).toEqual([])
    await mailTo(plain.port, { more: "&tls=off" }).send(message)
    expect(plain.taken.length).toBe(1)
    const { port, taken } = await serve()
    const unknown = openMail(`smtp://user:pass%20word@127.0.0.1:${port}`, { from: "shop@example.com", attempts: 1 })
    ends.push(() => unknown.close())
    await expect(unknown.send(message)).rejects.toMatchObject({ code: "MAIL_REJECTED" })
    expect(taken).toEqual([])
  })
  test("is refused for good with another password, which is in no error", async () => {
    const { port } = await serve()
    const failure = (await mailTo(port, { login: "user:hidden@" })
      .send(message)
      .catch((error: unknown) => error)) as Error
    expect(failure).toMatchObject({ code: "MAIL_REJECTED", details: { status: 535 } })
    expect(JSON.stringify(failure) + failure.message).not.toContain("hidden")
  })
  test("is asked again by who is greylisted, and not by who is refused", async () => {
    const tries: string[] = []
    const refuse = (responseCode: number): Error => Object.assign(new Error("no"), { responseCode })
    const { port, taken } = await serve({
      onRcptTo({ address }, _, done) {
        tries.push(address)
        if (address === "never@example.com") return done(refuse(550))
        if (address === "grey@example.com" && tries.length < 3) return done(refuse(451))
        return done()
      },
    })
    const mail = mailTo(port, { attempts: 5 })
    await mail.send({ ...message, to: "grey@example.com" })
    expect([tries.length, taken.length]).toEqual([3, 1])
    await expect(mail.send({ ...message, to: "never@example.com" })).rejects.toMatchObject({
      code: "MAIL_REJECTED",
      details: { status: 550 },
    })
    expect(tries.length).toBe(4)
    const some = await mail.send({ ...message, to: ["ana@example.com", "never@example.com"] })
    expect([some.rejected, taken[1]!.to]).toEqual([["never@example.com"], ["ana@example.com"]])
  })
  test("survives a connection that is cut, and tells of a server that is not there or says nothing", async () => {
    const { port, taken } = await serve()
    let cuts = 2
    const proxy: NetServer = createServer((client) => {
      const upstream = connect(port, "127.0.0.1")
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        one.on("error", () => other.destroy())
        one.on("close", () => other.destroy())
        one.pipe(other)
      }
      if (cuts-- > 0) setTimeout(() => client.destroy(), 5)
    })
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
    ends.push(() => new Promise<void>((resolve) => proxy.close(() => resolve())))
    await mailTo((proxy.address() as { port: number }).port, { attempts: 5 }).send(message)
    expect(taken.length).toBeGreaterThanOrEqual(1)
    const silent: NetServer = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve))
    const silentPort = (silent.address() as { port: number }).port
    await expect(mailTo(silentPort, { more: "&connectTimeoutMs=200" }).send(message)).rejects.toMatchObject({
      code: "MAIL_UNAVAILABLE",
    })
    silent.close()
    await expect(mailTo(1).send(message)).rejects.toMatchObject({ code: "MAIL_UNAVAILABLE" })
  })
})
