/**
 * The one function by which code inside QuickJS reaches out. It takes and gives text and bytes only: no object of the
 * runner is ever seen inside, and none of the guest's outside.
 */
export type Host = (
  operation: HostOperation,
  text?: string,
  body?: string | ArrayBuffer,
) => string | ArrayBuffer | undefined

export type HostOperation =
  | "log"
  | "url"
  | "encode"
  | "decode"
  | "atob"
  | "btoa"
  | "random"
  | "digest"
  | "hmac"
  | "timer"
  | "data"
  | "fetch"
  | "abort"
  | "reply"
  | "fail"

let host: Host

/** Gives the prelude its way out. Called once, before any other code runs. */
export function connect(given: Host): void {
  host = given
}

/** Calls out. */
export function call(...args: Parameters<Host>): ReturnType<Host> {
  return host(...args)
}

/** Text crosses the border as a C string, which ends at its first NUL. Text with one crosses as JSON. */
export function wrapped(text: string): string {
  return text.includes("\0") ? `j${JSON.stringify(text)}` : `r${text}`
}

export function unwrapped(text: string): string {
  return text[0] === "j" ? JSON.parse(text.slice(1)) : text.slice(1)
}

const waiting = new Map<number, { resolve: (answer: HostAnswer) => void; reject: (error: unknown) => void }>()
let lastId = 0

export interface HostAnswer {
  readonly text: string
  readonly bytes: ArrayBuffer | undefined
}

/** Asks something that takes time. `cancel` gets the id under which the host knows the question. */
export function ask(
  operation: "data" | "fetch",
  head: Record<string, unknown>,
  body?: string | ArrayBuffer,
): { answer: Promise<HostAnswer>; id: number } {
  const id = ++lastId
  const answer = new Promise<HostAnswer>((resolve, reject) => {
    waiting.set(id, { resolve, reject })
  })
  host(operation, JSON.stringify({ id, ...head }), body)
  return { answer, id }
}

/** The host's answer to a question. */
export function settle(id: number, failed: boolean, answer: HostAnswer): void {
  const question = waiting.get(id)
  waiting.delete(id)
  if (!failed) question?.resolve(answer)
  else question?.reject(errorFrom(answer.text))
}

function errorFrom(report: string): Error {
  const { code, status, message, details } = JSON.parse(report)
  return Object.assign(new Error(message), { name: code, code, status, details })
}
