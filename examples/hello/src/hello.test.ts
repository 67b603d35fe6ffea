import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { closePayload, connectRaw, type Frame } from "@ashlar/http/testing/raw-websocket"

/** `npm start`, on every runtime. */

const root = join(import.meta.dir, "..", "..", "..")
const MiB = 1024 * 1024

function start(runtime: string): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  return Bun.spawn([process.execPath, "--no-install", join(root, "scripts", "src", "example.ts"), "hello"], {
    env: { ...process.env, RUNTIME: runtime, PORT: "0" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  })
}

for (const [runtime, says] of [
  ["bun", /on Bun \d/],
  ["node", /on Node 26/],
  ["deno", /on Deno \d/],
] as const)
  describe(`hello on ${runtime}`, () => {
    let child: ReturnType<typeof start>
    let url = ""
    beforeAll(async () => {
      child = start(runtime)
      let said = ""
      const decoder = new TextDecoder()
      const reader = child.stdout.getReader()
      while (!/ on \w+ [\d.]+\n/.test(said)) {
        const { done, value } = await reader.read()
        if (done) break
        said += decoder.decode(value, { stream: true })
      }
      expect(said).toMatch(says)
      url = /http:\/\/[^,]+/.exec(said)![0]
    }, 60_000)
    afterAll(() => child.kill("SIGKILL"))

    test("greets, and says that it lives", async () => {
      expect(await (await fetch(url)).text()).toBe("Hello from Ashlar\n")
      expect(await (await fetch(`${url}/ok`)).text()).toBe("ok")
    })
    test("shows what it does on a page, with its script", async () => {
      const page = await (await fetch(`${url}/docs`)).text()
      for (const [, src] of page.matchAll(/<script src="([^"]+)"/g)) {
        const script = await fetch(new URL(src!, `${url}/docs`))
        expect([script.status, (await script.text()).includes("createApiReference")]).toEqual([200, true])
      }
      expect(page.match(/<script/g)).toHaveLength(2)
    })
    test.each(["POST", "PUT", "PATCH", "DELETE", "QUERY"])(
      "gives the body of %s back, as what it is",
      async (method) => {
        const body = new Uint8Array([0, 255, 13, 10])
        const response = await fetch(`${url}/echo`, {
          method,
          body,
          headers: { "content-type": "application/x-mine; a=b" },
        })
        expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/x-mine; a=b"])
        expect(await response.bytes()).toEqual(body)
      },
    )
    test.each(["GET", "HEAD", "POST", "OPTIONS"])("gives nothing back for a %s with nothing", async (method) => {
      const response = await fetch(`${url}/echo`, { method })
      expect([response.status, await response.text()]).toEqual([200, ""])
    })
    test("takes 16 MiB, and no more", async () => {
      const body = new Uint8Array(16 * MiB).fill(7)
      const response = await fetch(`${url}/echo`, { method: "POST", body })
      expect(Bun.hash(await response.bytes())).toBe(Bun.hash(body))
      const more = await fetch(`${url}/echo`, { method: "POST", body: new Uint8Array(16 * MiB + 1) })
      expect(more.status).toBe(413)
    })

    test("echoes text and bytes over WebSocket, up to 16 MiB", async () => {
      const socket = await connectRaw(`${url}/echo`)
      socket.text("héllo")
      expect(await socket.nextText()).toBe("héllo")
      socket.send({ opcode: 1, payload: "a", fin: false }, { opcode: 9, payload: "!" }, { opcode: 0, payload: "b" })
      expect([await socket.nextText(), await socket.nextText()]).toEqual(["!", "ab"])
      const payload = new Uint8Array(16 * MiB).fill(7)
      for (const opcode of [1, 2]) {
        socket.send({ opcode, payload })
        const frame = (await socket.next())!
        expect([frame.opcode, frame.payload.length, frame.payload.every((one) => one === 7)]).toEqual([
          opcode,
          16 * MiB,
          true,
        ])
      }
      socket.send({ opcode: 8, payload: closePayload(4000, "bye") })
      expect((await socket.next())!.payload.toString("hex")).toBe(closePayload(4000, "bye").toString("hex"))
    })
    const broken: [what: string, frame: Frame, code: number][] = [
      ["an unmasked frame", { opcode: 1, payload: "hi", masked: false }, 1002],
      ["a reserved bit", { opcode: 1, payload: "hi", rsv: 4 }, 1002],
      ["a fragmented ping", { opcode: 9, fin: false }, 1002],
      ["bytes that are not UTF-8", { opcode: 1, payload: new Uint8Array([0xff]) }, 1007],
      ["16 MiB and a byte", { opcode: 2, payload: new Uint8Array(16 * MiB + 1) }, 1009],
    ]
    test.each(broken)("ends a connection over %s", async (_what, frame, code) => {
      const socket = await connectRaw(`${url}/echo`)
      socket.send(frame)
      expect(await socket.closeCode()).toBe(code)
    })

    test("stops when it is told to, and says goodbye", async () => {
      const socket = await connectRaw(`${url}/echo`)
      child.kill("SIGTERM")
      expect(await socket.closeCode()).toBe(1001)
      socket.send({ opcode: 8, payload: closePayload(1001) })
      expect(await child.exited).toBe(0)
    })
  })

test("an unknown runtime is refused", async () => {
  const child = start("python")
  expect(await child.exited).toBe(2)
  expect(await new Response(child.stderr).text()).toContain('got "python"')
})
