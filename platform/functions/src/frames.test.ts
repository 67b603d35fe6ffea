import { describe, expect, test } from "bun:test"
import {
  decodeCredit,
  decodeHead,
  decodeJson,
  encodeCredit,
  encodeFrame,
  encodeHead,
  type Frame,
  FrameReader,
  frameType,
  maxFrameBytes,
} from "./frames.ts"

/** A small generator of numbers, so that a failure can be repeated from its seed. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state % below
  }
}

function readAll(pieces: Iterable<Uint8Array>): Frame[] {
  const reader = new FrameReader()
  const frames: Frame[] = []
  for (const piece of pieces)
    reader.push(piece, (frame) => frames.push({ ...frame, payload: new Uint8Array(frame.payload) }))
  return frames
}

const header = (length: number, type: number, id = 1): Uint8Array => {
  const bytes = new Uint8Array(9)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, length, true)
  view.setUint8(4, type)
  view.setUint32(5, id, true)
  return bytes
}

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return (error as { code: string }).code
  }
  return "none"
}

test("frames come out as they went in, wherever the bytes are cut", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const next = generator(seed)
    const types = Object.values(frameType)
    const sent = Array.from({ length: 1 + next(12) }, () => ({
      type: types[next(types.length)]!,
      id: next(2 ** 32),
      end: next(2) === 1,
      payload: crypto.getRandomValues(new Uint8Array(next(4) === 0 ? next(50_000) : next(40))),
    }))
    const bytes = Buffer.concat(sent.map((frame) => encodeFrame(frame.type, frame.id, frame.payload, frame.end)))
    const pieces: Uint8Array[] = []
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + next(next(3) === 0 ? 5 : 20_000)
      pieces.push(bytes.subarray(at, at + size))
      at += size
    }
    expect([seed, readAll(pieces)]).toEqual([seed, sent])
  }
})

test("a frame of the largest size passes", () => {
  const payload = new Uint8Array(maxFrameBytes - 5).fill(7)
  expect(readAll([encodeFrame(frameType.data, 1, payload)])[0]!.payload.length).toBe(payload.length)
})

describe("the reader refuses", () => {
  test.each<[string, Uint8Array[]]>([
    ["a frame that is longer than any may be", [header(maxFrameBytes + 1, frameType.data)]],
    ["a length of four gigabytes", [header(0xffffffff, frameType.data)]],
    ["a length that does not even hold the type and id", [header(4, frameType.data)]],
    ["a length of zero", [header(0, frameType.data)]],
    ["a bad length in a later piece", [header(9, frameType.data), new Uint8Array(4), header(3, frameType.data)]],
    [
      "a bad length that arrives byte by byte",
      [...header(0xffffffff, frameType.data)].map((byte) => Uint8Array.of(byte)),
    ],
    ["a type that nobody knows", [header(5, 99)]],
    ["type zero", [header(5, 0)]],
  ])("%s", (_name, pieces) => {
    expect(codeOf(() => readAll(pieces))).toBe("FUNCTIONS_PROTOCOL_ERROR")
  })
})

test("a head carries JSON and the first bytes of the body", () => {
  const [frame] = readAll([encodeHead(frameType.open, 7, { head: { a: "ä\u0000" }, body: Uint8Array.of(1, 2) }, true)])
  expect(frame!.end).toBe(true)
  expect(decodeHead(frame!.payload)).toEqual({ head: { a: "ä\u0000" }, body: Uint8Array.of(1, 2) })
})

describe("a head is refused when", () => {
  const withLength = (length: number, text: string): Uint8Array => {
    const bytes = Buffer.concat([new Uint8Array(4), Buffer.from(text)])
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, length, true)
    return bytes
  }
  test.each<[string, Uint8Array]>([
    ["there is none", new Uint8Array(0)],
    ["its length is cut", new Uint8Array(3)],
    ["it is longer than the frame", withLength(100, "{}")],
    ["it is no JSON", withLength(2, "{]")],
    ["it is no UTF-8", withLength(2, "\u00ff")],
    ["it is null", withLength(4, "null")],
    ["it is a number", withLength(1, "1")],
    ["it is nested so deep that no parser goes there", withLength(400_000, "[".repeat(400_000))],
  ])("%s", (_name, payload) => {
    expect(codeOf(() => decodeHead(payload))).toBe("FUNCTIONS_PROTOCOL_ERROR")
  })
})

test("credit is one number", () => {
  expect(decodeCredit(encodeCredit(1, 4096).subarray(9))).toBe(4096)
  expect(codeOf(() => decodeCredit(new Uint8Array(3)))).toBe("FUNCTIONS_PROTOCOL_ERROR")
  expect(codeOf(() => decodeJson(Buffer.from("nope")))).toBe("FUNCTIONS_PROTOCOL_ERROR")
})
