import type { Exchange, Step } from "./client/exchange.ts"
import type { Server } from "./server.ts"

/** One thing that every runtime must do: what is sent, and what must come back. */
export interface Case {
  /** Says the behaviour; unique in its group. */
  readonly name: string
  readonly send: Step | readonly Step[]
  /** The methods of the requests, in order, as far as they are not GET. Default: those that the text starts with. */
  readonly methods?: readonly string[]
  readonly expect: Expectation
}

/** A group of cases about one subject. */
export interface Group {
  readonly name: string
  /**
   * `app`: what the app does with a well-formed request, the same behind any front. `connection`: what the server does
   * with bytes and with the connection itself; where a platform does that (Lambda), there is nothing of ours to test.
   * `frames`: the same for the frames of WebSocket, which Cloudflare's own front speaks as well.
   */
  readonly about: "app" | "connection" | "frames"
  /** Its cases wait for half a minute: they start with the suite, beside all others, and are judged in the end. */
  readonly slow?: boolean
  /** Its cases are about WebSocket routes. */
  readonly needsSockets?: boolean
  readonly cases: readonly Case[]
}

export type Expectation = Answered | Refused | Checked

/** The server answers so. */
export interface Answered {
  readonly kind: "answered"
  /** Of the first final answer. */
  readonly status: number | readonly number[]
  /** `null`: absent. Several values: in this order, each in a field line of its own. */
  readonly headers?: Readonly<Record<string, string | RegExp | null | readonly string[]>>
  /** Text must be equal; an object must be in the JSON. */
  readonly body?: string | RegExp | object
  /** The code of a problem document, or one of these; it must tell nothing of the implementation. */
  readonly problem?: string | readonly string[]
  /** How many answers come in all. Default 1. */
  readonly answers?: number
  /** The statuses of all answers, when there are several. */
  readonly statuses?: readonly number[]
  /** Whether the connection must be closed afterwards, or must be left open. */
  readonly connection?: "closed" | "open"
}

/** The server takes nothing of it: an error answer and the end of the connection, or just the end. */
export interface Refused {
  readonly kind: "refused"
  /** Default: any of 400 to 599. */
  readonly statuses?: readonly number[]
}

/** Something that takes more than a look at one answer: says what is wrong. */
export interface Checked {
  readonly kind: "checked"
  /** How many answers to wait for. Default: until the connection ends or `quietMs` are over. */
  readonly answers?: number
  /** How many bytes to wait for behind these answers, after an upgrade. Default 0. */
  readonly bytesBehind?: number
  /** Default 300. */
  readonly quietMs?: number
  readonly patienceMs?: number
  /** The answer need not be HTTP/1.1. */
  readonly foreign?: boolean
  readonly check: (exchange: Exchange, server: Server) => readonly string[] | Promise<readonly string[]>
}

export const answered = (status: Answered["status"], more: Omit<Answered, "kind" | "status"> = {}): Answered => ({
  kind: "answered",
  status,
  ...more,
})
export const problem = (
  status: number,
  code: string | readonly string[],
  more: Omit<Answered, "kind" | "status"> = {},
): Answered => answered(status, { problem: code, ...more })
export const refused = (...statuses: readonly number[]): Refused => ({
  kind: "refused",
  ...(statuses.length > 0 && { statuses }),
})
export const checked = (check: Checked["check"], more: Omit<Checked, "kind" | "check"> = {}): Checked => ({
  kind: "checked",
  check,
  ...more,
})

/** How an app's answer that cannot be sent is told: as a defect, or as one of this kind. */
export const DEFECT: readonly string[] = ["INTERNAL", "HTTP_RESPONSE_INVALID"]

/** A request's bytes, with a Host unless its headers have one. `headers` as they are sent, without line ends. */
export function request(line: string, headers: readonly string[] = [], body = ""): string {
  const host = headers.some((header) => /^host\s*:/i.test(header)) ? [] : ["Host: a"]
  return `${[`${line} HTTP/1.1`, ...host, ...headers].join("\r\n")}\r\n\r\n${body}`
}

/** A request with a body of a declared length. */
export function post(path: string, type: string | undefined, body: string, method = "POST"): string {
  const length = `Content-Length: ${body.length}`
  return request(`${method} ${path}`, type === undefined ? [length] : [`Content-Type: ${type}`, length], body)
}

/** A request with a body in chunks. */
export function chunked(path: string, type: string, ...parts: readonly string[]): string {
  const chunks = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
  return request(`POST ${path}`, [`Content-Type: ${type}`, "Transfer-Encoding: chunked"], `${chunks.join("")}0\r\n\r\n`)
}

/** Text as UTF-8, one character for each byte. */
export function utf8(text: string): string {
  return Buffer.from(text).toString("latin1")
}
