import { readFile } from "node:fs/promises"
import { type DriverUrl, DriverUrlInvalid } from "@ashlar/core"
import { createTransport } from "nodemailer"
import { MailRejected, MailUnavailable } from "../errors.ts"
import type { PreparedMessage } from "../message.ts"
import type { Delivery, MailTransport, TransportContext } from "../transport.ts"
import { compose } from "./mime.ts"

export interface SmtpOptions {
  readonly tls: "required" | "opportunistic" | "off"
  readonly caFile: string | undefined
  readonly connections: number
  readonly connectTimeoutMs: number
  readonly timeoutMs: number
  readonly name: string | undefined
}

/** Opens a pool of connections to a mail server: `smtp://user:password@host:587`, or `smtps://` where TLS comes first. */
export async function open(url: DriverUrl, options: SmtpOptions): Promise<MailTransport> {
  const { host, port, user, password, scheme } = url
  if (host === undefined || host === "" || url.name !== "")
    throw new DriverUrlInvalid(`Expected ${scheme}://user:password@host:port, got ${url}.`)
  const isSecure = scheme === "smtps"
  const { tls, caFile, connectTimeoutMs, timeoutMs } = options
  const ca = caFile === undefined ? undefined : await readFile(caFile, "utf8")
  const transport = createTransport({
    pool: true,
    host,
    port: port ?? (isSecure ? 465 : 587),
    secure: isSecure,
    requireTLS: !isSecure && tls === "required",
    ignoreTLS: !isSecure && tls === "off",
    // Never without looking at the certificate: whoever answers would get the password.
    tls: { rejectUnauthorized: true, minVersion: "TLSv1.2", ...(ca !== undefined && { ca }) },
    ...(user !== undefined && { auth: { user, pass: password?.reveal() ?? "" } }),
    ...(options.name !== undefined && { name: options.name }),
    maxConnections: options.connections,
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    dnsTimeout: connectTimeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send(message: PreparedMessage, { signal }: TransportContext): Promise<Delivery> {
      signal?.throwIfAborted()
      try {
        const info = (await transport.sendMail(compose(message))) as {
          rejected?: readonly (string | { address: string })[]
        }
        const rejected = (info.rejected ?? []).map((one) => (typeof one === "string" ? one : one.address))
        return { id: message.messageId, rejected }
      } catch (cause) {
        throw classify(cause)
      }
    },
    async close() {
      transport.close()
    },
  }
}

/** What will not go away by waiting, of what the client says without a server's answer. */
const LASTING: ReadonlySet<string> = new Set([
  "EAUTH",
  "ENOAUTH",
  "EOAUTH2",
  "ETLS",
  "EREQUIRETLS",
  "EENVELOPE",
  "EMESSAGE",
  "ECONFIG",
])

/**
 * By the server's answer: 4yz may be taken later, 5yz will not.
 * @see https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1
 */
function classify(cause: unknown): Error {
  const { responseCode, code } = cause as { responseCode?: number; code?: string }
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 500)
    return new MailUnavailable(`The mail server answered ${responseCode}: not now.`, {
      cause,
      details: { status: responseCode },
    })
  if (responseCode !== undefined)
    return new MailRejected(`The mail server answered ${responseCode}.`, { cause, details: { status: responseCode } })
  const isCertificate = /certificate|self.signed|altnames/i.test(String((cause as Error).message))
  if (LASTING.has(code ?? "") || isCertificate)
    return new MailRejected(
      "The mail server and this client do not agree on how to speak, on who it is, or on what may be sent.",
      { cause },
    )
  return new MailUnavailable("The mail server cannot be reached, or broke off.", { cause })
}
