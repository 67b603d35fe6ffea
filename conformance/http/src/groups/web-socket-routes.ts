import { type Case, checked, type Group, problem, request } from "../case.ts"
import { fieldOf } from "../client/answer.ts"
import { closePayload, encodeFrame, OPCODES } from "../client/frames.ts"
import { closeCodeOf, handshakeFaults, hear, openingRequest } from "../client/web-socket.ts"
import { closes, echoes, ends, tooLarge } from "../socket-expectations.ts"

/** WebSocket as a route: layers, limits and subprotocols, and what the app does with it. */

const message = (payload: string | Uint8Array, opcode: number = OPCODES.text): Buffer =>
  encodeFrame({ opcode, payload })

const protocols: readonly (readonly [offered: string, chosen: string | undefined])[] = [
  ["chat.v1", "chat.v1"],
  ["chat.v1, chat.v2", "chat.v2"],
  ["chat.v2,chat.v1", "chat.v2"],
  ["other, chat.v1", "chat.v1"],
  ["other", undefined],
  ["CHAT.V1", undefined],
]

const cases: readonly Case[] = [
  {
    name: "text comes back",
    send: [openingRequest("/echo"), { answers: 1 }, message("grün")],
    expect: echoes(["text", "grün"]),
  },
  {
    name: "bytes come back",
    send: [openingRequest("/echo"), { answers: 1 }, message(Buffer.from([0, 255]), OPCODES.binary)],
    expect: echoes(["binary", Buffer.from([0, 255])]),
  },
  {
    name: "a close is answered",
    send: [
      openingRequest("/echo"),
      { answers: 1 },
      encodeFrame({ opcode: OPCODES.close, payload: closePayload(1000, "bye") }),
    ],
    expect: closes([1000]),
  },
  ...protocols.map(([offered, chosen]) => ({
    name: `of the subprotocols ${offered} the app chooses ${chosen ?? "none"}`,
    send: openingRequest("/echo/protocol", { "Sec-WebSocket-Protocol": offered }),
    expect: checked(
      ({ answers: [answer] }) => {
        const got = answer && fieldOf(answer, "sec-websocket-protocol")
        return [...handshakeFaults(answer), ...(got === chosen ? [] : [`Expected ${chosen}, got ${got}`])]
      },
      { answers: 1, quietMs: 0 },
    ),
  })),
  {
    name: "the answer to a handshake went through the layers",
    send: openingRequest("/echo"),
    expect: checked(
      ({ answers: [answer] }) => [
        ...handshakeFaults(answer),
        ...(answer !== undefined && fieldOf(answer, "x-outer") === "1" ? [] : ["The app's layers were not asked"]),
      ],
      { answers: 1, quietMs: 0 },
    ),
  },
  {
    name: "a layer refuses a handshake with a problem document",
    send: openingRequest("/echo/signed-in"),
    expect: problem(401, "HTTP_UNAUTHORIZED", { headers: { "x-outer": "1" } }),
  },
  {
    name: "a layer lets a handshake through",
    send: [openingRequest("/echo/signed-in", { Authorization: "Bearer a" }), { answers: 1 }, message("in")],
    expect: echoes(["text", "in"]),
  },
  {
    name: "a plain GET of the route is told to upgrade",
    send: request("GET /echo"),
    expect: problem(426, "HTTP_UPGRADE_REQUIRED", { headers: { upgrade: /^websocket$/i } }),
  },
  {
    name: "another method is not taken",
    send: request("DELETE /echo"),
    expect: problem(405, "HTTP_METHOD_NOT_ALLOWED"),
  },
  {
    name: "a message of the route's own limit comes back",
    send: [openingRequest("/echo/small"), { answers: 1 }, message("0123456789")],
    expect: echoes(["text", "0123456789"]),
  },
  {
    name: "a message over the route's own limit is refused",
    send: [openingRequest("/echo/small"), { answers: 1 }, message("0123456789a")],
    expect: tooLarge(),
  },
  {
    name: "a message of few characters and too many bytes is refused",
    send: [openingRequest("/echo/small"), { answers: 1 }, message("€€€€")],
    expect: tooLarge(),
  },
  {
    name: "a defect in a handler closes the connection, and tells nothing",
    send: [openingRequest("/echo/throws"), { answers: 1 }, message("now")],
    expect: checked(
      ({ answers: [answer], rest, end }) => {
        const { received, faults } = hear(rest)
        const codes = received.filter(({ kind }) => kind === "close").map(closeCodeOf)
        return [
          ...handshakeFaults(answer),
          ...faults,
          ...(codes.every((code) => code === 1011) ? [] : [`Expected the code 1011, got ${codes}`]),
          ...(codes.length === 0 && end === "open" ? ["The connection goes on"] : []),
          ...(/secret|TypeError/.test(rest.toString("latin1")) ? ["The close tells of the defect"] : []),
        ]
      },
      { answers: 1, bytesBehind: 2, quietMs: 100, patienceMs: 4000 },
    ),
  },
  {
    name: "a client that leaves at once is no crash",
    send: [openingRequest("/echo"), "reset"],
    expect: checked(() => [], { patienceMs: 100 }),
  },
  {
    name: "a handshake behind another request is taken",
    send: [request("GET /ok"), { answers: 1 }, openingRequest("/echo"), { answers: 2 }, message("second")],
    expect: checked(
      ({ answers: [first, second], rest }) => [
        ...(first?.body === "ok" ? [] : ["Expected the first answer"]),
        ...handshakeFaults(second),
        ...(hear(rest).received[0]?.payload.toString() === "second" ? [] : ["Expected the message back"]),
      ],
      { answers: 2, bytesBehind: 8, quietMs: 0 },
    ),
  },
  {
    name: "a refused handshake leaves the connection to the next request",
    send: [openingRequest("/echo/signed-in"), { answers: 1 }, request("GET /ok")],
    expect: checked(
      ({ answers: [first, second], end }) => [
        ...(first?.status === 401 ? [] : [`Expected status 401, got ${first?.status}`]),
        ...(second?.body === "ok" || end !== "open" ? [] : ["Expected the second answer, or the end"]),
      ],
      { answers: 2, quietMs: 0, patienceMs: 4000 },
    ),
  },
  {
    name: "HTTP behind an upgrade is no HTTP",
    send: [openingRequest("/echo"), { answers: 1 }, request("GET /smuggled/socket")],
    expect: ends([1002, 1009, 1007]),
  },
]

export const webSocketRoutes: Group = {
  name: "WebSocket routes",
  about: "connection",
  needsSockets: true,
  cases,
}
