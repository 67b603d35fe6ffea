import { describe, expect, test } from "bun:test"
import type { AshlarError } from "@ashlar/core"
import { Channel } from "./channel.ts"
import { Crashed } from "./errors.ts"
import { type Exchange, failureOf } from "./exchange.ts"
import { encodeCredit, encodeFrame, encodeHead, frameType, maxLogBytes } from "./frames.ts"
import { windowBytes } from "./inbox.ts"

const nothing = new Uint8Array(0)
const GUEST = 0x80000000

interface Pair {
  readonly host: Channel
  readonly guest: Channel
  /** Why the host gave the channel up. */
  readonly fault: Promise<AshlarError>
  readonly logs: [number, unknown][]
}

/** Two ends that are wired in memory. A wire takes `sliceBytes` at a time, as a socket does that is nearly full. */
function openPair(
  onHostQuestion: (exchange: Exchange) => void,
  onGuestQuestion: (exchange: Exchange) => void,
  sliceBytes = Number.POSITIVE_INFINITY,
): Pair {
  const fault = Promise.withResolvers<AshlarError>()
  const logs: [number, unknown][] = []
  const host = new Channel({
    role: "host",
    onOpen: onHostQuestion,
    onLog: (id, line) => logs.push([id, line]),
    onFault: fault.resolve,
  })
  const guest = new Channel({ role: "guest", onOpen: onGuestQuestion, onFault: () => {} })
  const wire = (to: Channel, from: Channel) => ({
    write(bytes: Uint8Array): number {
      const taken = bytes.slice(0, sliceBytes)
      setImmediate(() => {
        to.receive(taken)
        // What was received lives in a buffer that is used again.
        taken.fill(0xee)
        if (taken.length < bytes.length) from.drained()
      })
      return taken.length
    },
    end: () => {},
  })
  host.attach(wire(guest, host))
  guest.attach(wire(host, guest))
  return { host, guest, fault: fault.promise, logs }
}

const body = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at % 251)
const echo = async (exchange: Exchange): Promise<void> => {
  await exchange.answer({ got: exchange.head }, nothing, false)
  for (let chunk = await exchange.inbox.read(); chunk; chunk = await exchange.inbox.read()) await exchange.send(chunk)
  exchange.end()
}

test.each([0, 1, 100, 70_000, windowBytes, 3 * windowBytes + 17])(
  "a body of %d bytes goes there and back, both ways",
  async (length) => {
    const pair = openPair(echo, echo, 50_000)
    for (const from of [pair.host, pair.guest]) {
      const exchange = from.open({ hello: 1 }, body(length), true)
      expect(await exchange.reply).toEqual({ got: { hello: 1 } })
      expect(Buffer.compare(await exchange.inbox.collect(length), body(length))).toBe(0)
      await exchange.closed
    }
    expect([pair.host.live, pair.guest.live]).toEqual([0, 0])
  },
)

test("a hundred exchanges run at once, each with its own answer", async () => {
  const pair = openPair(echo, async (exchange) => {
    await Bun.sleep(Math.random() * 5)
    await exchange.answer({ n: (exchange.head as { n: number }).n })
  })
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => pair.host.open({ n }, nothing, true).reply))
  expect(answers).toEqual(Array.from({ length: 100 }, (_, n) => ({ n })))
})

test("whoever does not read holds the sender back after one window", async () => {
  let sentBytes = 0
  const pair = openPair(echo, async (exchange) => {
    await exchange.answer({}, nothing, false)
    for (let piece = 0; piece < 100; piece++) {
      await exchange.send(body(32 * 1024))
      sentBytes += 32 * 1024
    }
    exchange.end()
  })
  const exchange = pair.host.open({}, nothing, true)
  await exchange.reply
  await Bun.sleep(20)
  expect(sentBytes).toBeLessThanOrEqual(windowBytes)
  expect((await exchange.inbox.collect(4 * 1024 * 1024)).length).toBe(100 * 32 * 1024)
})

test("a collector refuses more than it asked for", async () => {
  const pair = openPair(echo, echo)
  const exchange = pair.host.open({}, body(5000), true)
  await exchange.reply
  const failure = await exchange.inbox.collect(4999).catch((error: AshlarError) => error)
  expect((failure as AshlarError).code).toBe("FUNCTIONS_PAYLOAD_LIMIT")
})

test("the side that asked may give up: its answer fails at once, and the other side is told", async () => {
  let told = 0
  let sending: Promise<unknown> = Promise.resolve()
  const pair = openPair(echo, (exchange) => {
    exchange.onCancel = () => told++
    void exchange.answer({}, nothing, false)
    sending = exchange.send(body(2 * windowBytes)).catch((error: AshlarError) => {
      exchange.cancel()
      return error.code
    })
  })
  const exchange = pair.host.open({}, nothing, true)
  await exchange.reply
  exchange.cancel()
  expect(await sending).toBe("FUNCTIONS_CANCELLED")
  await exchange.closed
  expect([told, pair.host.live, pair.guest.live]).toEqual([1, 0, 0])
})

test("the side that answers may break off: the reader hears of it", async () => {
  const pair = openPair(echo, (exchange) => {
    void exchange.answer({}, body(10), false)
    exchange.refuse({ code: "X", status: 500, message: "too late for a refusal" })
  })
  const exchange = pair.host.open({}, nothing, true)
  await exchange.reply
  const failure = (await exchange.inbox.collect(100).catch((error: AshlarError) => error)) as AshlarError
  expect(failure.code).toBe("FUNCTIONS_BROKEN_OFF")
})

test("a refusal arrives as its report", async () => {
  const pair = openPair(echo, (exchange) =>
    exchange.refuse({ code: "X_Y", status: 418, message: "no", details: { a: 1 } }),
  )
  const failure = failureOf(await pair.host.open({}, nothing, true).reply)
  expect(failure?.report()).toEqual({ code: "X_Y", status: 418, message: "no", details: { a: 1 } })
})

test("when the channel fails, everything on it fails with the reason, and nothing new begins", async () => {
  const pair = openPair(echo, () => {})
  const exchange = pair.host.open({}, nothing, true)
  pair.host.fail(new Crashed("gone"))
  expect(((await exchange.reply.catch((error: AshlarError) => error)) as AshlarError).message).toBe("gone")
  expect(() => pair.host.open({}, nothing, true)).toThrow("gone")
})

test("a line that is too long for the log loses its fields, and arrives", async () => {
  const pair = openPair(echo, () => {})
  pair.guest.log(0, { level: "info", message: "kept", fields: { a: "x".repeat(maxLogBytes) } })
  await Bun.sleep(5)
  expect(pair.logs).toEqual([[0, { level: "info", message: "kept", fields: { dropped: "too long" } }]])
})

describe("the platform ends a channel on which a function", () => {
  const head = (type: 1 | 2 | 7, id: number, end = true): Uint8Array =>
    encodeHead(type, id, { head: {}, body: nothing }, end)
  const { open, reply, data, cancel, credit, log, ready } = frameType

  test.each<[string, Uint8Array[]]>([
    ["answers what was never asked", [head(reply, 2)]],
    ["sends a body for an id of the future", [encodeFrame(data, 5, body(1))]],
    ["cancels what was never asked", [encodeFrame(cancel, 77)]],
    ["logs for an invocation that never was", [encodeFrame(log, 99999, Buffer.from("{}"))]],
    ["logs what is no JSON", [encodeFrame(log, 0, Buffer.from("nope"))]],
    ["logs a megabyte", [encodeFrame(log, 0, Buffer.alloc(maxLogBytes + 1, 32))]],
    ["asks under an id of the platform's", [head(open, 3)]],
    ["asks twice under one id", [head(open, GUEST), head(open, GUEST)]],
    ["asks under an id that goes back", [head(open, GUEST + 5), head(open, GUEST + 4)]],
    ["asks a thousand questions at once", Array.from({ length: 1000 }, (_, n) => head(open, GUEST + n))],
    ["answers twice", [head(reply, 1, false), head(reply, 1, false)]],
    ["sends the body before its head", [encodeFrame(data, 1, body(10))]],
    ["sends an empty piece", [head(reply, 1, false), encodeFrame(data, 1)]],
    [
      "sends beyond its credit",
      [head(reply, 1, false), ...Array.from({ length: 6 }, () => encodeFrame(data, 1, body(64 * 1024)))],
    ],
    ["gives credit for what was not sent", [encodeCredit(1, 1)]],
    ["gives credit for nothing", [encodeCredit(1, 0)]],
    ["gives a cut credit", [encodeFrame(credit, 1, body(3))]],
    ["greets twice", [head(ready, 0), head(ready, 0)]],
    ["answers with a head that is no object", [encodeHead(reply, 1, { head: null, body: nothing }, true)]],
    [
      "floods it with frames for what is over",
      [head(reply, 1), ...Array.from({ length: 1002 }, () => encodeFrame(cancel, 1))],
    ],
    ["sends a frame of no known type", [Uint8Array.of(5, 0, 0, 0, 42, 1, 0, 0, 0)]],
    ["announces a frame of four gigabytes", [Uint8Array.of(255, 255, 255, 255, 1, 1, 0, 0, 0)]],
  ])("%s", async (_name, frames) => {
    const pair = openPair(
      () => {},
      () => {},
    )
    pair.host.open({}, nothing, true)
    pair.host.receive(Buffer.concat(frames))
    expect((await pair.fault).code).toBe("FUNCTIONS_PROTOCOL_ERROR")
    expect(pair.host.live).toBe(0)
  })

  test("never reads it, when too much waits", async () => {
    const fault = Promise.withResolvers<AshlarError>()
    const host = new Channel({ role: "host", onOpen: () => {}, onFault: fault.resolve })
    host.attach({ write: () => 0, end: () => {} })
    const ask = () => {
      for (let n = 0; n < 70; n++) host.open({ text: "x".repeat(1024 * 1024 - 100) }, nothing, true)
    }
    expect(ask).toThrow("does not read")
    expect((await fault.promise).code).toBe("FUNCTIONS_PROTOCOL_ERROR")
  })
})

test("a few frames for what has just ended are normal", async () => {
  const pair = openPair(() => {}, echo)
  const exchange = pair.host.open({}, nothing, true)
  await exchange.closed
  for (let n = 0; n < 100; n++) pair.host.receive(encodeFrame(frameType.log, exchange.id, Buffer.from("{}")))
  expect(await Promise.race([pair.fault, Bun.sleep(10).then(() => "still open")])).toBe("still open")
  expect(pair.logs).toEqual([])
})
