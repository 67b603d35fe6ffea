import type { Cli } from "../cli.ts"
import type { DatabaseRequest } from "../database/ask-database.ts"
import { type AppProcess, type AppRuntime, startAppProcess } from "../development/app-process.ts"
import { DatabaseRefused } from "../errors.ts"

export interface FollowOptions<T> {
  readonly runtime: AppRuntime
  /** Called with what it tells meanwhile. */
  readonly onTold: (value: T) => void
  /** Has it end, and give what it has. Without it Ctrl-C does. */
  readonly signal: AbortSignal
  /** How long it may take to end once it was told. */
  readonly patienceMs: number
}

type Message =
  | { readonly type: "ready" }
  | { readonly type: "told"; readonly value: unknown }
  | { readonly type: "done"; readonly value: unknown }
  | { readonly type: "failed"; readonly error: { readonly code: string; readonly message: string } }

/**
 * Has the app's own `@ashlar/queue` go on with something, until the signal aborts: then it is let end by itself.
 *
 * @throws {CLI_PACKAGE_MISSING} {CLI_DATABASE_REFUSED}
 */
export async function followQueue<T, R>(cli: Cli, request: DatabaseRequest, options: FollowOptions<T>): Promise<R> {
  const { io } = cli
  const { runtime, onTold, signal, patienceMs } = options
  let answer: Extract<Message, { type: "done" | "failed" }> | undefined
  let killing: ReturnType<typeof setTimeout> | undefined
  const stop = (child: AppProcess) => {
    child.send({ stop: true })
    killing ??= setTimeout(() => child.kill(), patienceMs)
  }
  const child = startAppProcess({
    io,
    runtime,
    entry: io.cwd,
    program: "@ashlar/queue/process",
    onMessage: (given, self) => {
      const message = given as Message
      if (message.type === "ready") {
        self.send(request)
        if (signal.aborted) stop(self)
      } else if (message.type === "told") onTold(message.value as T)
      else answer = message
    },
    onOutput: io.stderr,
  })
  const onAbort = () => stop(child)
  signal.addEventListener("abort", onAbort, { once: true })
  const exitCode = await child.exited
  clearTimeout(killing)
  signal.removeEventListener("abort", onAbort)
  if (answer?.type === "done") return answer.value as R
  if (answer === undefined)
    throw new DatabaseRefused(
      `The process that works on the queue ended with exit code ${exitCode} before it was done.`,
    )
  const { code, message } = answer.error
  throw new DatabaseRefused(`${code}: ${message}`, { details: { code } })
}
