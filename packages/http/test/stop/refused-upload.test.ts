import { afterAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { buildProgram, startProgram } from "../../src/testing/runtimes.ts"
import { openRaw } from "./raw-peer.ts"

/** Clients that are answered while they still send: they see the answer, and do not stay for ever. */

const program = await buildProgram(join(import.meta.dir, "stop-serve.ts"))
afterAll(() => program.dispose())
const node = process.env.NODE_BIN

/** Uploads eight times 8 MiB with Node's `fetch`, which gives up when the connection is reset. */
const UPLOADS = `
  const statuses = []
  for (let n = 0; n < 8; n++) {
    const answer = await fetch(process.argv[1], { method: "POST", body: new Uint8Array(8 << 20) })
    statuses.push(answer.status)
    await answer.text()
  }
  console.log(statuses.join())`

for (const runtime of program.runtimes) {
  const { name, command } = runtime
  if (command === undefined || node === undefined) {
    if (process.env.CI === "true")
      test(`${name} and Node are installed`, () => expect([command, node]).not.toContain(undefined))
    else console.warn(`skipped: refused uploads on ${name}, as it or Node is not installed`)
    continue
  }
  describe(`an upload that is answered before it was sent, on ${name}`, () => {
    test.each([
      ["too large", "/refused", 413],
      ["not wanted", "/unread", 200],
    ])("because it is %s: the client gets its answer", async (_why, path, status) => {
      const app = await startProgram(runtime)
      const client = Bun.spawn([node, "--input-type=module", "-e", UPLOADS, `${app.url}${path}`], { stdout: "pipe" })
      expect((await new Response(client.stdout).text()).trim()).toBe(Array(8).fill(status).join())
      app.signal("SIGKILL")
    })

    // Bun and Deno throw away what comes for as long as it does.
    test.skipIf(name === "deno" || name === "bun")("a client that goes on sending is let go", async () => {
      const app = await startProgram(runtime)
      const endless = await openRaw(app.url)
      endless.write("POST /refused HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
      const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`
      const sending = setInterval(() => endless.write(chunk), 20)
      expect(await endless.until("\r\n\r\n")).toContain(" 413 ")
      await new Promise((resolve) => endless.socket.once("close", resolve))
      clearInterval(sending)
      expect(endless.endedMs()).toBeLessThan(12_000)
      app.signal("SIGKILL")
    })
  })
}
