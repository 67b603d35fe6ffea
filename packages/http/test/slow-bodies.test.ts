import { expect, test } from "bun:test"
import { EventEmitter } from "node:events"
import type { IncomingMessage, Server } from "node:http"
import { SlowBodies } from "../src/adapters/node-slow-bodies.ts"

class FakeSocket extends EventEmitter {
  bytesRead = 0
  destroyed = false
  destroy(): void {
    this.destroyed = true
  }
}

function stage(): { socket: FakeSocket; message: Record<string, unknown>; after: (ms: number, bytes: number) => void } {
  let now = 1000
  const server = new EventEmitter()
  const slow = new SlowBodies(server as Server, () => now)
  const socket = new FakeSocket()
  server.emit("connection", socket)
  const message = { socket, complete: false, destroyed: false, readableLength: 0, isPaused: () => false }
  slow.note(message as unknown as IncomingMessage)
  slow.check()
  const after = (ms: number, bytes: number): void => {
    for (let passed = 0; passed < ms; passed += 2500) {
      now += 2500
      socket.bytesRead += (bytes * 2500) / ms
      slow.check()
    }
  }
  return { socket, message, after }
}

test("a body that drips is ended within 30 seconds", () => {
  const { socket, after } = stage()
  after(17_500, 100)
  expect(socket.destroyed).toBe(false)
  after(5_000, 10)
  expect(socket.destroyed).toBe(true)
})
test("a large body may take its time while it comes", () => {
  const { socket, after } = stage()
  after(3_600_000, 100 * 2 ** 20)
  expect(socket.destroyed).toBe(false)
})
test("a body that nobody reads waits for its reader", () => {
  const { socket, message, after } = stage()
  message.readableLength = 65_536
  after(120_000, 0)
  expect(socket.destroyed).toBe(false)
})
test("a body that is complete is over", () => {
  const { socket, message, after } = stage()
  message.complete = true
  after(120_000, 0)
  expect(socket.destroyed).toBe(false)
})
