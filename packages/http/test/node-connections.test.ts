import { expect, test } from "bun:test"
import { EventEmitter } from "node:events"
import type { IncomingMessage, Server } from "node:http"
import { NodeConnections } from "../src/adapters/node-connections.ts"

class FakeSocket extends EventEmitter {
  bytesRead = 0
  destroyed = false
  /** What Node marks a socket with while an answer is owed. */
  _httpMessage: object | null = {}
  destroy(): void {
    this.destroyed = true
  }
}

interface Stage {
  readonly socket: FakeSocket
  readonly message: Record<string, unknown>
  after(ms: number, bytes: number): void
}

function stage(isWebSocket = false): Stage {
  let now = 1000
  const server = new EventEmitter()
  const connections = new NodeConnections(server as Server, {
    idleMs: 30_000,
    isWebSocket: () => isWebSocket,
    now: () => now,
  })
  const socket = new FakeSocket()
  server.emit("connection", socket)
  const message = { socket, complete: false, destroyed: false, readableLength: 0, isPaused: () => false }
  connections.note(message as unknown as IncomingMessage)
  connections.check()
  const after = (ms: number, bytes: number): void => {
    for (let passed = 0; passed < ms; passed += 2500) {
      now += 2500
      socket.bytesRead += (bytes * 2500) / ms
      connections.check()
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
test("a connection on which nothing moves is ended when it has been idle for so long", () => {
  const { socket, message, after } = stage()
  message.complete = true
  after(120_000, 0)
  expect(socket.destroyed).toBe(false) // its answer is still owed
  socket._httpMessage = null
  after(25_000, 0)
  expect(socket.destroyed).toBe(false)
  after(2_500, 100)
  after(22_500, 0)
  expect(socket.destroyed).toBe(false)
  after(2_500, 0)
  expect(socket.destroyed).toBe(true)
})
test("a WebSocket looks after itself", () => {
  const { socket, message, after } = stage(true)
  message.complete = true
  socket._httpMessage = null
  after(3_600_000, 0)
  expect(socket.destroyed).toBe(false)
})
