import { deflateRawSync } from "node:zlib"
import { type Case, type Checked, checked } from "../case.ts"
import { fieldOf } from "../client/answer.ts"
import { encodeFrame, OPCODES } from "../client/frames.ts"
import { handshakeFaults, hear, openingRequest, payloadOf } from "../client/web-socket.ts"
import { echoes } from "../socket-expectations.ts"

/** Which requests open a WebSocket, and which do not. @see https://www.rfc-editor.org/rfc/rfc6455#section-4.2 */

const PATH = "/echo"
const message = (text: string): Buffer => encodeFrame({ opcode: OPCODES.text, payload: text })
const long = "*".repeat(5000)

/** Handshakes that are none: no upgrade, and the connection, if it stays, still speaks HTTP. */
const refusedFields: readonly (readonly [
  what: string,
  fields: Readonly<Record<string, string>>,
  statuses: readonly number[],
])[] = [
  ["without a key", { "Sec-WebSocket-Key": "" }, [400, 426]],
  ["with a short key", { "Sec-WebSocket-Key": "c2hvcnQ=" }, [400]],
  ["with a key that is no base64", { "Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!==" }, [400]],
  ["of version 8", { "Sec-WebSocket-Version": "8" }, [426, 400]],
  ["of version 12", { "Sec-WebSocket-Version": "12" }, [426, 400]],
  ["of version 14", { "Sec-WebSocket-Version": "14" }, [426, 400]],
  ["of a version that is no number", { "Sec-WebSocket-Version": "13x" }, [426, 400]],
  ["without a version", { "Sec-WebSocket-Version": "" }, [400, 426]],
  // No request for an upgrade at all: the route answers it as any other GET.
  ["without Upgrade", { Upgrade: "" }, [200, 400, 426]],
  ["to another protocol", { Upgrade: "h2c" }, [200, 400, 426]],
  ["without Connection", { Connection: "" }, [200, 400, 426]],
  ["with Connection: keep-alive", { Connection: "keep-alive" }, [200, 400, 426]],
]

const noUpgrade = (statuses: readonly number[], more: { version?: boolean } = {}): Checked =>
  checked(
    ({ answers: [answer], end }) => {
      if (answer === undefined) return end === "open" ? ["Expected an answer"] : []
      return [
        ...(statuses.includes(answer.status) ? [] : [`Expected status ${statuses.join(" or ")}, got ${answer.status}`]),
        ...(answer.status === 426 && more.version && fieldOf(answer, "sec-websocket-version") !== "13"
          ? ["426 must say Sec-WebSocket-Version: 13"]
          : []),
      ]
    },
    { answers: 1, quietMs: 0 },
  )

const upgraded = (check: (value: string | undefined, name: string) => boolean, name: string): Checked =>
  checked(
    ({ answers: [answer] }) => [
      ...handshakeFaults(answer, { extensions: true }),
      ...(answer === undefined || check(fieldOf(answer, name), name) ? [] : [`${name} is ${fieldOf(answer, name)}`]),
    ],
    { answers: 1, quietMs: 0 },
  )

export const handshakes: readonly Case[] = [
  ...refusedFields.map(([what, fields, statuses]) => ({
    name: `a handshake ${what} is refused`,
    send: openingRequest(PATH, fields),
    expect: noUpgrade(statuses, { version: "Sec-WebSocket-Version" in fields }),
  })),
  {
    name: "a handshake by POST is refused",
    send: openingRequest(PATH, { "Content-Length": "0" }, `POST ${PATH} HTTP/1.1`),
    expect: noUpgrade([200, 204, 400, 405, 426]),
  },
  {
    name: "a handshake of HTTP/1.0 is refused",
    send: openingRequest(PATH, {}, `GET ${PATH} HTTP/1.0`),
    expect: noUpgrade([200, 400, 426, 505]),
  },
  {
    name: "a handshake to an unknown path is refused",
    send: openingRequest("/no-socket"),
    expect: noUpgrade([400, 404]),
  },
  {
    name: "a handshake to a route that is no socket is refused",
    send: openingRequest("/ok"),
    expect: noUpgrade([200, 400, 404, 426]),
  },
  ...(
    [
      ["in capitals", { Upgrade: "WebSocket", Connection: "UPGRADE" }],
      ["among other options", { Connection: "keep-alive, Upgrade" }],
      ["with names in small letters", { upgrade: "websocket", Upgrade: "" }],
      ["with a cookie and an origin", { Cookie: "a=b", Origin: "http://a" }],
    ] as const
  ).map(([what, fields]) => ({
    name: `a handshake ${what} is taken`,
    send: [openingRequest(PATH, fields), { answers: 1 }, message("hello")],
    expect: echoes(["text", "hello"]),
  })),
  {
    name: "a frame right behind the handshake is not lost",
    send: [Buffer.concat([Buffer.from(openingRequest(PATH)), message("early")])],
    expect: echoes(["text", "early"]),
  },
  {
    name: "a subprotocol that the server does not know is not chosen",
    send: openingRequest(PATH, { "Sec-WebSocket-Protocol": "unknown.v1, unknown.v2" }),
    expect: upgraded((value) => value === undefined || /^unknown\.v[12]$/.test(value), "sec-websocket-protocol"),
  },
  {
    name: "an extension that the server does not know is not chosen",
    send: openingRequest(PATH, { "Sec-WebSocket-Extensions": "x-unknown; a=b" }),
    expect: upgraded((value) => value === undefined, "sec-websocket-extensions"),
  },
  {
    name: "permessage-deflate, if it is taken, carries a message both ways",
    send: [
      openingRequest(PATH, { "Sec-WebSocket-Extensions": "permessage-deflate" }),
      { answers: 1 },
      encodeFrame({ opcode: OPCODES.text, payload: deflate(long), reserved: 4 }),
    ],
    expect: checked(
      ({ answers: [answer], rest, end }) => {
        const taken = /^permessage-deflate/.test(fieldOf(answer!, "sec-websocket-extensions") ?? "")
        const { received, faults } = hear(rest)
        const [first] = received
        if (!taken) return [...(end === "open" ? ["A reserved bit was taken"] : []), ...faults]
        const same = first !== undefined && payloadOf(first).equals(Buffer.from(long))
        return [...faults, ...(same ? [] : ["Expected the message back"])]
      },
      { answers: 1, bytesBehind: 4, quietMs: 100, patienceMs: 5000 },
    ),
  },
]

/** As the extension sends it: without the empty block at its end. */
function deflate(value: string): Buffer {
  const whole = deflateRawSync(value, { finishFlush: 2 })
  return whole.subarray(0, -4)
}
