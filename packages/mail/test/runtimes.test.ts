import { afterAll, expect } from "bun:test"
import { join } from "node:path"
import { testOnRuntimes } from "@ashlar/core/testing/runtimes"
import { SMTPServer } from "smtp-server"
import { startRecordingServer } from "../src/testing/recording-server.ts"

const taken: string[] = []
const ses = await startRecordingServer()
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ["STARTTLS"],
  logger: false,
  onData(stream, _, done) {
    let text = ""
    stream.on("data", (piece: Buffer) => {
      text += piece.toString("latin1")
    })
    stream.on("end", () => {
      taken.push(text)
      done()
    })
  },
})
await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", () => resolve()))
afterAll(async () => {
  await ses.close()
  await new Promise<void>((resolve) => smtp.close(() => resolve()))
})

testOnRuntimes(
  join(import.meta.dir, ".."),
  "mail is sent, queued and shown",
  () => {
    taken.length = 0
    ses.seen.length = 0
    return {
      smtp: `smtp://127.0.0.1:${(smtp.server.address() as { port: number }).port}?tls=off`,
      ses: `ses://id:secret@/?endpoint=${encodeURIComponent(ses.url)}`,
    }
  },
  {
    external: ["nodemailer", "nodemailer/*"],
    said: (text) => {
      expect(text).toBe("all is well\n")
      expect([taken.length, ses.seen.length]).toEqual([1, 1])
      expect(taken[0]).toContain("AP8=")
    },
  },
)
