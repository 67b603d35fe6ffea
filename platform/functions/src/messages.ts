/** The heads of the frames, as JSON. Both ends of the channel are built from this file, so there are no versions of it. */

/** What is asked of a function's process. */
export type HostQuestion = LoadQuestion | InvokeQuestion | PingQuestion

/** Load the bundle, whose text is the body. Asked once in the life of a process. */
export interface LoadQuestion {
  readonly kind: "load"
  readonly project: string
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  readonly memoryMb: number
  readonly bodyBytes: number
  readonly logLines: number
}

export interface InvokeQuestion {
  readonly kind: "invoke"
  readonly invocation: string
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly hasBody: boolean
  /** How long the function has, in milliseconds. The platform counts too. */
  readonly wallMs: number
  readonly cpuMs: number
}

/** Answer at once: is the event loop turning? */
export interface PingQuestion {
  readonly kind: "ping"
}

export interface InvokeAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly hasBody: boolean
  /** The process has had its day: no further call, please. */
  readonly leaving?: boolean
}

/** What a function asks of the platform, in the name of one of its invocations. */
export type GuestQuestion = DataQuestion | FetchQuestion

/** A `ctx.db` call; the arguments are the body, as JSON, and so is the answer's. */
export interface DataQuestion {
  readonly kind: "data"
  /** The id of the invocation's exchange. */
  readonly invocation: number
  readonly operation: string
}

/** The arguments or the result of one `ctx.db` call, as JSON text, have at most so many bytes. */
export const maxDataBytes: number = 8 * 1024 * 1024

export interface FetchQuestion {
  readonly kind: "fetch"
  readonly invocation: number
  readonly url: string
  readonly method: string
  readonly headers: readonly (readonly [string, string])[]
  readonly redirect: "follow" | "manual" | "error"
  /** A whole body is sent with its length, and can be sent again to where a redirect points. A stream cannot. */
  readonly body: "none" | "whole" | "stream"
}

export interface FetchAnswer {
  readonly url: string
  readonly redirected: boolean
  readonly status: number
  readonly statusText: string
  readonly headers: readonly (readonly [string, string])[]
  readonly hasBody: boolean
}

export type LogLevel = "debug" | "info" | "warn" | "error"

/** The payload of a log frame. */
export interface LogMessage {
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** What a process says when it is up. `check` is there when it was started to check its own walls. */
export interface ReadyReport {
  readonly runtime: "bun" | "quickjs"
  readonly version: string
  readonly check?: SelfCheck
}

/** Each wall that was tried from inside, and what was found. A wall that does not hold has a text that says so. */
export type SelfCheck = Readonly<Record<string, { readonly holds: boolean; readonly found: string }>>
