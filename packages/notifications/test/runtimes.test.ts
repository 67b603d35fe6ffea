import { afterAll, expect } from "bun:test"
import { join } from "node:path"
import { testOnRuntimes } from "@ashlar/core/testing/runtimes"
import { startRecordingServer } from "@ashlar/mail/testing/recording-server"

const twilio = await startRecordingServer()
afterAll(() => twilio.close())

testOnRuntimes(
  join(import.meta.dir, ".."),
  "people are told",
  () => {
    twilio.seen.length = 0
    return `twilio://AC1:hidden@/?service=MG1&endpoint=${encodeURIComponent(twilio.url)}`
  },
  {
    said: (text) => {
      expect(text).toBe("all is well\n")
      expect(twilio.seen.length).toBeGreaterThan(0)
    },
  },
)
