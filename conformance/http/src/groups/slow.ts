import { type Case, checked, type Group, request } from "../case.ts"
import type { Step } from "../client/exchange.ts"

/**
 * Clients that hold a connection by sending next to nothing (slowloris). Each must have been let go after thirty seconds,
 * with an answer (408) or without.
 */

export const PATIENCE_MS = 30_000
/** For what the client and the machine add. */
const SLACK_MS = 4000

/** The same bytes again and again, for longer than any server may wait. */
function drip(first: string, drop: string, everyMs: number): readonly Step[] {
  const drops = Array.from({ length: Math.ceil((PATIENCE_MS + SLACK_MS) / everyMs) }, () => [
    { pauseMs: everyMs },
    drop,
  ])
  return [first, ...drops.flat()]
}

const head = "GET /ok HTTP/1.1\r\nHost: a\r\n"
const rows: readonly (readonly [what: string, send: readonly Step[]])[] = [
  ["says nothing", []],
  ["stops within the request line", ["GET /o"]],
  ["stops within the head", [head]],
  ["sends its request line byte by byte", drip("GET /", "a", 1000)],
  ["sends a field byte by byte", drip(`${head}X: `, "a", 1000)],
  ["sends a field every two seconds", drip(head, "X: a\r\n", 2000)],
  ["sends empty lines", drip("", "\r\n", 1000)],
  ["stops before its body", [request("POST /text", ["Content-Length: 1000"])]],
  ["stops within its body", [request("POST /text", ["Content-Length: 1000"], "abc")]],
  ["sends its body byte by byte", drip(request("POST /text", ["Content-Length: 1000"]), "a", 1000)],
  [
    "sends its body in chunks of one byte",
    drip(request("POST /text", ["Transfer-Encoding: chunked"]), "1\r\na\r\n", 1000),
  ],
  ["sends the size of a chunk byte by byte", drip(request("POST /text", ["Transfer-Encoding: chunked"]), "0", 1000)],
  ["sends an extension byte by byte", drip(request("POST /text", ["Transfer-Encoding: chunked"], "1;"), "a", 1000)],
  [
    "sends trailers without end",
    drip(request("POST /text", ["Transfer-Encoding: chunked"], "0\r\n"), "X: a\r\n", 1000),
  ],
  ["sends a body that nobody reads byte by byte", drip(request("POST /ignored", ["Content-Length: 1000"]), "a", 1000)],
  ["stays after its answer", [request("GET /ok"), { answers: 1 }]],
]

const cases: readonly Case[] = rows.map(([what, send]) => ({
  name: `a client that ${what} is let go`,
  send,
  methods: [],
  expect: checked(({ end, tookMs }) => (end === "open" ? [`Still open after ${Math.round(tookMs / 1000)} s`] : []), {
    // Those that send were kept for so long by their drops already.
    patienceMs: send.length > 10 ? 500 : PATIENCE_MS + SLACK_MS,
  }),
}))

export const slow: Group = { name: "slow clients", about: "connection", cases, slow: true }
