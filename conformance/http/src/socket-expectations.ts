import { type Checked, checked } from "./case.ts"
import type { Received } from "./client/frames.ts"
import { closeCodeOf, handshakeFaults, hear, payloadOf } from "./client/web-socket.ts"

/** What a WebSocket server must do after a good handshake. */

/** What must come back, in this order: messages and pongs. */
export type Expected = readonly [kind: Received["kind"], payload: string | Uint8Array]

/** How many bytes a server's frame takes. */
function sizeOf([, payload]: Expected): number {
  const { length } = Buffer.from(payload)
  return length + (length < 126 ? 2 : length < 65_536 ? 4 : 10)
}

/** All of this, and nothing else; the connection stays open. */
export function echoes(...expected: readonly Expected[]): Checked {
  const bytesBehind = expected.reduce((sum, one) => sum + sizeOf(one), 0)
  return checked(
    ({ answers: [answer], rest, end }) => {
      const { received, faults } = hear(rest)
      const got = received.map((one) => [one.kind, payloadOf(one)] as const)
      const same =
        got.length === expected.length &&
        expected.every(([kind, payload], at) => got[at]![0] === kind && got[at]![1].equals(Buffer.from(payload)))
      return [
        ...handshakeFaults(answer),
        ...faults,
        ...(same ? [] : [`Expected ${describe(expected)}, got ${describe(got)}`]),
        ...(end === "open" ? [] : ["The connection was ended"]),
      ]
    },
    { answers: 1, bytesBehind, quietMs: 50, patienceMs: 20_000 },
  )
}

function describe(list: readonly (readonly [string, string | Uint8Array])[]): string {
  const words = list.map(([kind, payload]) => `${kind} ${JSON.stringify(Buffer.from(payload).toString().slice(0, 60))}`)
  return words.length === 0 ? "nothing" : words.join(", ")
}

/** The end: nothing comes back before it but `before`, and a close frame, if there is one, says one of these codes. */
export function ends(codes: readonly number[], ...before: readonly Expected[]): Checked {
  return checked(
    ({ answers: [answer], rest, end }) => {
      const { received, faults } = hear(rest)
      const said = received.filter(({ kind }) => kind === "close").map(closeCodeOf)
      const other = received.filter(({ kind }) => kind !== "close").map((one) => [one.kind, payloadOf(one)] as const)
      const fits = Bun.deepEquals(
        other.map(([kind, payload]) => `${kind} ${payload}`),
        before.map(([kind, payload]) => `${kind} ${Buffer.from(payload)}`),
      )
      return [
        ...handshakeFaults(answer),
        ...faults,
        ...(fits ? [] : [`Expected ${describe(before)} before the end, got ${describe(other)}`]),
        ...(said.length > 1 ? ["Two close frames came"] : []),
        ...said.filter((code) => !codes.includes(code)).map((code) => `Expected the code ${codes}, got ${code}`),
        ...(end === "open" ? ["The connection is still open"] : []),
      ]
    },
    { patienceMs: 4000 },
  )
}

/** A close frame in answer, with one of these codes, and the end. */
export function closes(codes: readonly number[], ...before: readonly Expected[]): Checked {
  const rules = ends(codes, ...before)
  return checked(
    async (exchange, server) => [
      ...(await rules.check(exchange, server)),
      ...(hear(exchange.rest).received.some(({ kind }) => kind === "close") ? [] : ["Expected a close frame"]),
    ],
    { patienceMs: 4000 },
  )
}

/** The end, or a close frame that says 1009 and waits for its answer. */
export function tooLarge(): Checked {
  return checked(
    ({ answers: [answer], rest, end }) => {
      const { received, faults } = hear(rest)
      const codes = received.map((one) => (one.kind === "close" ? closeCodeOf(one) : one.kind))
      return [
        ...handshakeFaults(answer),
        ...faults,
        ...codes.filter((code) => code !== 1009).map((code) => `Expected the code 1009, got ${code}`),
        ...(end === "open" && codes.length === 0 ? ["The connection is still open, without a word"] : []),
      ]
    },
    { patienceMs: 4000 },
  )
}

/** A connection opens; what comes on it is not looked at. */
export function opens(): Checked {
  return checked(({ answers: [answer] }) => handshakeFaults(answer), { answers: 1, quietMs: 200, foreign: true })
}
