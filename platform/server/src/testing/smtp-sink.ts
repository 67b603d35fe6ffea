import { createServer, type Socket } from "node:net"

/** A mail server that takes what is for `accepts`, and refuses everybody else. */
export interface SmtpSink {
  readonly port: number
  /** Of the next message with a link its token, and the part of it that nobody but its reader has; waits for one. */
  nextSecret(): Promise<{ readonly token: string; readonly secret: string }>
  close(): void
}

/** Speaks as much SMTP as one client needs that sends one message at a time, with a user and a password. @see RFC 5321, RFC 4954 */
export async function openSmtpSink(accepts: (address: string) => boolean): Promise<SmtpSink> {
  const messages: string[] = []
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket.on("close", () => open.delete(socket)).on("error", () => socket.destroy()))
    const say = (line: string): void => void socket.write(`${line}\r\n`)
    let text = ""
    let data: string[] | undefined
    say("220 sink")
    socket.on("data", (bytes) => {
      const lines = (text + bytes.toString("latin1")).split("\r\n")
      text = lines.pop() ?? ""
      for (const line of lines) {
        if (data !== undefined && line !== ".") data.push(line)
        else if (data !== undefined) {
          messages.push(plainOf(data.join("\r\n")))
          data = undefined
          say("250 taken")
        } else if (/^EHLO/i.test(line)) say("250-sink\r\n250 AUTH PLAIN")
        else if (/^AUTH/i.test(line)) say("235 welcome")
        else if (/^RCPT/i.test(line)) say(accepts(/<(.+)>/.exec(line)?.[1] ?? "") ? "250 yes" : "550 not here")
        else if (/^DATA/i.test(line)) {
          data = []
          say("354 go on")
        } else say(/^QUIT/i.test(line) ? "221 bye" : "250 yes")
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as { port: number }
  return {
    port,
    async nextSecret() {
      for (let wait = 0; wait < 1_000; wait++) {
        // Its first characters name it, and are told to whoever asked for it.
        const [, handle, secret] = /[?&]token=([\w-]{22})([\w-]{43})/.exec(messages.shift() ?? "") ?? []
        if (handle !== undefined && secret !== undefined) return { token: handle + secret, secret }
        if (messages.length === 0) await Bun.sleep(5)
      }
      throw new TypeError("no message with a link has come")
    },
    close() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

/** Quoted-printable, as plain text. @see RFC 2045, section 6.7 */
function plainOf(message: string): string {
  return message
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
