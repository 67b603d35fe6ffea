import { type Case, type Checked, checked, type Group } from "../case.ts"
import type { Step } from "../client/exchange.ts"
import { closePayload, encodeFrame, type FrameOptions, OPCODES } from "../client/frames.ts"
import { openingRequest } from "../client/web-socket.ts"
import { closes, echoes, ends, tooLarge } from "../socket-expectations.ts"
import { handshakes } from "./web-socket-handshakes.ts"

/** The echo route under RFC 6455: what is sent comes back, and what must not be sent ends the connection. */

const PATH = "/echo"
const { continuation, text, binary, close, ping, pong } = OPCODES
const frame = (opcode: number, payload: FrameOptions["payload"] = "", more: Partial<FrameOptions> = {}): Buffer =>
  encodeFrame({ opcode, payload, ...more })
const part = (opcode: number, payload: FrameOptions["payload"]): Buffer => frame(opcode, payload, { fin: false })
const bytes = (...list: readonly number[]): Buffer => Buffer.from(list)

type Row = readonly [name: string, frames: readonly Step[], expect: Checked]
const toCase = ([name, frames, expect]: Row): Case => ({
  name,
  send: [openingRequest(PATH), { answers: 1 }, ...frames],
  expect,
})

const long = (length: number): string => "*".repeat(length)
const sizes: readonly Row[] = [0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537, 1_000_000].flatMap((length): Row[] => [
  [`text of ${length} bytes comes back`, [frame(text, long(length))], echoes(["text", long(length)])],
  [
    `${length} bytes come back`,
    [frame(binary, Buffer.alloc(length, 0xfe))],
    echoes(["binary", Buffer.alloc(length, 0xfe)]),
  ],
])

const MOST = 16 * 1024 * 1024
const most: readonly Row[] = [
  ["text of 16 MiB comes back", [frame(text, long(MOST))], echoes(["text", long(MOST)])],
  ["16 MiB come back", [frame(binary, Buffer.alloc(MOST, 0xfe))], echoes(["binary", Buffer.alloc(MOST, 0xfe)])],
]

const messages: readonly Row[] = [
  [
    "text keeps its characters",
    [frame(text, "Hello-µ@ßöäüàá-UTF-8!! 😀")],
    echoes(["text", "Hello-µ@ßöäüàá-UTF-8!! 😀"]),
  ],
  [
    "text may hold NUL and the last character",
    [frame(text, "\0\u{10ffff}\uffff")],
    echoes(["text", "\0\u{10ffff}\uffff"]),
  ],
  ["a mask of zeros is a mask", [frame(text, "abc", { mask: bytes(0, 0, 0, 0) })], echoes(["text", "abc"])],
  ["a mask of ones is a mask", [frame(binary, "abc", { mask: bytes(255, 255, 255, 255) })], echoes(["binary", "abc"])],
  [
    "100 messages in one packet come back in order",
    [Buffer.concat(Array.from({ length: 100 }, (_, at) => frame(text, `m${at}`)))],
    echoes(...Array.from({ length: 100 }, (_, at) => ["text", `m${at}`] as const)),
  ],
  [
    "a frame that comes byte by byte is a frame",
    [...frame(text, "slow")].map((byte) => Buffer.from([byte])),
    echoes(["text", "slow"]),
  ],
  [
    "a frame in two packets is a frame",
    [frame(text, long(1000)).subarray(0, 500), { pauseMs: 30 }, frame(text, long(1000)).subarray(500)],
    echoes(["text", long(1000)]),
  ],
]

const fragments: readonly Row[] = [
  [
    "a message in two fragments is one message",
    [part(text, "ab"), frame(continuation, "cd")],
    echoes(["text", "abcd"]),
  ],
  [
    "bytes in two fragments are one message",
    [part(binary, "ab"), frame(continuation, "cd")],
    echoes(["binary", "abcd"]),
  ],
  [
    "empty fragments add nothing",
    [part(text, ""), part(continuation, ""), frame(continuation, "")],
    echoes(["text", ""]),
  ],
  [
    "a fragment may be empty",
    [part(text, ""), part(continuation, "ab"), frame(continuation, "")],
    echoes(["text", "ab"]),
  ],
  [
    "a message in 1,000 fragments is one message",
    [part(text, "a"), Buffer.concat(new Array<Buffer>(998).fill(part(continuation, "a"))), frame(continuation, "a")],
    echoes(["text", long(1000).replaceAll("*", "a")]),
  ],
  [
    "4 MiB in fragments of 64 bytes are one message",
    [
      part(binary, long(64)),
      Buffer.concat(new Array<Buffer>(65_534).fill(part(continuation, long(64)))),
      frame(continuation, long(64)),
    ],
    echoes(["binary", Buffer.alloc(4 * 1024 * 1024, "*")]),
  ],
  [
    "a character that is cut by a fragment is whole again",
    [part(text, bytes(0xe2)), part(continuation, bytes(0x82)), frame(continuation, bytes(0xac))],
    echoes(["text", "€"]),
  ],
  [
    "a ping within a message is answered before the message",
    [part(text, "ab"), frame(ping, "now"), { pauseMs: 50 }, frame(continuation, "cd")],
    echoes(["pong", "now"], ["text", "abcd"]),
  ],
  [
    "a pong within a message is ignored",
    [part(text, "ab"), frame(pong, "x"), frame(continuation, "cd")],
    echoes(["text", "abcd"]),
  ],
  [
    "a close within a message ends the connection",
    [part(text, "ab"), frame(close, closePayload(1000))],
    closes([1000]),
  ],
  ["a continuation of nothing is refused", [frame(continuation, "ab")], ends([1002])],
  ["a first continuation of nothing is refused", [part(continuation, "ab"), frame(continuation, "c")], ends([1002])],
  [
    "a continuation after the end of a message is refused",
    [part(text, "a"), frame(continuation, "b"), frame(continuation, "c")],
    ends([1002], ["text", "ab"]),
  ],
  ["a message within a message is refused", [part(text, "a"), frame(text, "b")], ends([1002])],
  ["a first fragment within a message is refused", [part(text, "a"), part(binary, "b")], ends([1002])],
]

const pings: readonly Row[] = [
  ["a ping is answered", [frame(ping)], echoes(["pong", ""])],
  ["a ping is answered with its payload", [frame(ping, "payload")], echoes(["pong", "payload"])],
  [
    "a ping is answered with its bytes",
    [frame(ping, bytes(0, 255, 254, 253))],
    echoes(["pong", bytes(0, 255, 254, 253)]),
  ],
  ["a ping of 125 bytes is answered", [frame(ping, long(125))], echoes(["pong", long(125)])],
  ["a ping of 126 bytes is refused", [frame(ping, long(126))], ends([1002])],
  ["a pong of 126 bytes is refused", [frame(pong, long(126))], ends([1002])],
  ["a pong that nobody asked for is ignored", [frame(pong, "x"), frame(ping, "y")], echoes(["pong", "y"])],
  [
    "ten pings are answered in order",
    [Buffer.concat(Array.from({ length: 10 }, (_, at) => frame(ping, `p${at}`)))],
    echoes(...Array.from({ length: 10 }, (_, at) => ["pong", `p${at}`] as const)),
  ],
  ["a ping in fragments is refused", [part(ping, "a"), frame(continuation, "b")], ends([1002])],
  ["a close in fragments is refused", [part(close, closePayload(1000))], ends([1002])],
  ["a ping in a long length is refused", [frame(ping, "a", { lengthBytes: 2 })], ends([1002])],
]

const reserved: readonly Row[] = [
  ...[1, 2, 3, 4, 5, 6, 7].map(
    (bits): Row => [`the reserved bits ${bits} are refused`, [frame(text, "a", { reserved: bits })], ends([1002])],
  ),
  ["a reserved bit on a ping is refused", [frame(ping, "a", { reserved: 4 })], ends([1002])],
  ["a reserved bit on a close is refused", [frame(close, closePayload(1000), { reserved: 1 })], ends([1002])],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    (opcode): Row => [`the opcode ${opcode} is refused`, [frame(opcode, "a")], ends([1002])],
  ),
  [
    "a reserved opcode after a good message is refused",
    [frame(text, "a"), { pauseMs: 50 }, frame(3, "b")],
    ends([1002], ["text", "a"]),
  ],
  ["an unmasked frame is refused", [frame(text, "a", { mask: null })], ends([1002])],
  ["an unmasked ping is refused", [frame(ping, "a", { mask: null })], ends([1002])],
  ["a length with its highest bit set is refused", [frame(binary, "", { length: 1n << 63n })], ends([1002, 1009])],
  ["a length beyond all memory is refused", [frame(binary, "", { length: 1n << 62n })], ends([1009, 1002])],
  ["a length over the limit is refused", [frame(binary, "", { length: BigInt(MOST + 1) })], tooLarge()],
  [
    "fragments over the limit are refused",
    [part(binary, Buffer.alloc(MOST)), frame(continuation, Buffer.alloc(1))],
    tooLarge(),
  ],
]

/** @see https://www.rfc-editor.org/rfc/rfc3629 */
const badText: readonly (readonly [what: string, payload: Buffer])[] = [
  ["a byte that no text has", bytes(0x61, 0xff, 0x62)],
  ["a cut sequence", bytes(0x61, 0xe2, 0x82)],
  ["a continuation byte alone", bytes(0x80)],
  ["an overlong slash", bytes(0xc0, 0xaf)],
  ["an overlong NUL", bytes(0xe0, 0x80, 0x80)],
  ["a surrogate", bytes(0xed, 0xa0, 0x80)],
  ["a pair of surrogates", bytes(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)],
  ["a character beyond the last", bytes(0xf4, 0x90, 0x80, 0x80)],
  ["a sequence of five bytes", bytes(0xf8, 0x88, 0x80, 0x80, 0x80)],
  ["a good start and a bad end", Buffer.concat([Buffer.from("κόσμε"), bytes(0xed, 0xa0, 0x80), Buffer.from("edited")])],
]
const texts: readonly Row[] = [
  ...badText.flatMap(([what, payload]): Row[] => [
    [`text with ${what} is refused`, [frame(text, payload)], ends([1007])],
    [
      `text with ${what}, in fragments, is refused`,
      [part(text, payload.subarray(0, 1)), frame(continuation, payload.subarray(1))],
      ends([1007]),
    ],
  ]),
  [
    "text with a cut sequence at the end of its last fragment is refused",
    [part(text, "a"), frame(continuation, bytes(0xce))],
    ends([1007]),
  ],
  ["bytes need not be text", [frame(binary, bytes(0xff, 0xfe, 0xc0))], echoes(["binary", bytes(0xff, 0xfe, 0xc0)])],
]

const goodCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
const badCodes = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
const closing: readonly Row[] = [
  ["a close is answered", [frame(close, closePayload(1000))], closes([1000])],
  ["a close without a code is answered", [frame(close)], closes([1005, 1000])],
  ["a close with a reason is answered", [frame(close, closePayload(1000, "bye"))], closes([1000])],
  ["a close with a reason of 123 bytes is answered", [frame(close, closePayload(1000, long(123)))], closes([1000])],
  ["a close with a reason of 124 bytes is refused", [frame(close, closePayload(1000, long(124)))], ends([1002])],
  ["a close of one byte is refused", [frame(close, bytes(3))], ends([1002])],
  ["a close whose reason is no UTF-8 is refused", [frame(close, closePayload(1000, bytes(0xff)))], ends([1007, 1002])],
  ...goodCodes.map(
    (code): Row => [`the code ${code} is answered`, [frame(close, closePayload(code))], closes([code, 1000])],
  ),
  ...badCodes.map((code): Row => [`the code ${code} is refused`, [frame(close, closePayload(code))], ends([1002])]),
  [
    "what comes after a close is ignored",
    [Buffer.concat([frame(close, closePayload(1000)), frame(text, "late"), frame(ping, "late")])],
    closes([1000]),
  ],
  [
    "two closes are answered with one",
    [Buffer.concat([frame(close, closePayload(1000)), frame(close, closePayload(1001))])],
    closes([1000]),
  ],
  [
    "what came before a close comes back before it",
    [frame(text, "a"), frame(close, closePayload(1000))],
    closes([1000], ["text", "a"]),
  ],
  ["a client that leaves without a close is no crash", [frame(text, "a"), "reset"], checked(() => [])],
  [
    "a client that leaves within a frame is no crash",
    [frame(text, long(1000)).subarray(0, 100), "reset"],
    checked(() => []),
  ],
  ["a client that ends its side is let go", ["half-close"], ends([1000, 1001, 1002, 1005, 1006])],
]

const rows = [...sizes, ...messages, ...fragments, ...pings, ...reserved, ...texts, ...closing, ...most]

export const webSocket: Group = {
  name: "WebSocket",
  about: "frames",
  cases: [...handshakes, ...rows.map(toCase)],
}
