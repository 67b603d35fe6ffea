import { describe, expect, test } from "bun:test"
import { connect } from "node:net"
import { join } from "node:path"
import { onEachRuntime, type Running } from "./each-runtime.ts"

/** Longer than a server with a limit of two seconds keeps a silent connection, on any runtime. */
const SILENT_MS = 8_000

/** Asks on one connection, is silent, and asks again: how many answers came. */
async function answersAround({ port }: Running): Promise<number> {
  const socket = connect(port, "127.0.0.1")
  let text = ""
  socket.on("data", (data) => {
    text += data.toString("latin1")
  })
  socket.on("error", () => undefined)
  const ask = async (): Promise<void> => {
    socket.write("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n")
    await Bun.sleep(200)
  }
  await ask()
  await Bun.sleep(SILENT_MS)
  if (!socket.destroyed) await ask()
  socket.destroy()
  return text.split("HTTP/1.1 200").length - 1
}

describe.each([
  ["0", 2],
  ["2", 1],
])("a connection that is silent where idleTimeoutSeconds is %s", (seconds, answers) => {
  onEachRuntime(
    join(import.meta.dir, "idle-serve.ts"),
    (server) => {
      test(`has ${answers} of two answers`, async () => {
        expect(await answersAround(server)).toBe(answers)
      }, 30_000)
    },
    { IDLE_SECONDS: seconds },
  )
})
