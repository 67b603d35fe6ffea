import { afterAll, expect } from "bun:test"
import { join } from "node:path"
import { temporaryFolder } from "@ashlar/cache/testing/databases"
import { testOnRuntimes } from "@ashlar/core/testing/runtimes"
import { createCertificate } from "../src/testing/certificate.ts"

const certificate = createCertificate(temporaryFolder(), "hooks.example.com")
const seen: string[] = []
const secure = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  tls: { key: certificate.key, cert: certificate.certificate },
  fetch(request) {
    seen.push(`${request.headers.get("host")} ${new URL(request.url).pathname}${new URL(request.url).search}`)
    return new Response("taken", { status: 202 })
  },
})
afterAll(() => secure.stop(true))

testOnRuntimes(
  join(import.meta.dir, ".."),
  "webhooks are sent, to the host that its certificate proves, and received",
  (runtime, folder) => {
    seen.length = 0
    const urls = ["memory:", `sqlite:${join(folder, `${runtime}.db`)}`]
    return { urls, secure: { port: secure.port, certificate: certificate.certificate } }
  },
  {
    said: (text) => {
      expect(text).toBe("all is well\n")
      expect(seen).toEqual(Array(2).fill(`hooks.example.com:${secure.port} /a?b=1`))
    },
  },
)
