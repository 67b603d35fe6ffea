import type { Cli } from "../cli.ts"
import { type AppRuntime, startAppProcess } from "../development/app-process.ts"
import { DatabaseRefused } from "../errors.ts"
import type { Progress } from "../progress.ts"

/** Work that one process does and then ends; what it answers is plain data. */
export interface DatabaseRequest {
  readonly command: string
  readonly [option: string]: unknown
}

type Message =
  | { readonly type: "ready" }
  | { readonly type: "progress"; readonly migration: string; readonly step: number; readonly steps: number }
  | { readonly type: "done"; readonly value: unknown }
  | {
      readonly type: "failed"
      readonly error: { readonly code: string; readonly message: string; readonly details?: unknown }
    }

/**
 * Has the app's own `@ashlar/orm` do something with its database, and shows how far it is.
 *
 * @throws {CLI_PACKAGE_MISSING} When the app has none. {CLI_DATABASE_REFUSED} With the code and the reason.
 */
export async function askDatabase<T>(cli: Cli, request: DatabaseRequest, runtime: AppRuntime): Promise<T> {
  return await askPackage(cli, request, { runtime, program: "@ashlar/orm/migrations/process" })
}

/**
 * Has a program of the app's own packages do something with what the app keeps.
 *
 * @throws {CLI_PACKAGE_MISSING} {CLI_DATABASE_REFUSED}
 */
export async function askPackage<T>(
  cli: Cli,
  request: DatabaseRequest,
  { runtime, program }: { readonly runtime: AppRuntime; readonly program: string },
): Promise<T> {
  const { io } = cli
  let answer: (Message & { type: "done" | "failed" }) | undefined
  const bars = new Bars(cli)
  const child = startAppProcess({
    io,
    runtime,
    entry: io.cwd,
    program,
    onMessage: (given, self) => {
      const message = given as Message
      if (message.type === "ready") self.send(request)
      else if (message.type === "progress") bars.show(message)
      else answer = message
    },
    onOutput: io.stderr,
  })
  const stop = (): void => child.kill()
  io.signal.addEventListener("abort", stop, { once: true })
  const exitCode = await child.exited
  bars.end()
  io.signal.removeEventListener("abort", stop)
  io.signal.throwIfAborted()
  if (answer?.type === "done") return answer.value as T
  if (answer === undefined)
    throw new DatabaseRefused(
      `The process that works on the database ended with exit code ${exitCode} before it was done.`,
    )
  const { code, message, details } = answer.error
  throw new DatabaseRefused(`${code}: ${message}`, { details: { code, ...(details === undefined ? {} : { details }) } })
}

/** One bar for each migration, or whatever else takes time. */
class Bars {
  readonly #cli: Cli
  #current: { readonly name: string; readonly bar: Progress; step: number } | undefined

  constructor(cli: Cli) {
    this.#cli = cli
  }

  show({ migration, step, steps }: { migration: string; step: number; steps: number }): void {
    if (this.#current?.name !== migration) {
      this.end()
      this.#current = { name: migration, bar: this.#cli.progress(migration, Math.max(1, steps)), step: 0 }
    }
    const current = this.#current!
    current.bar.advance(step - current.step)
    current.step = step
  }

  end(): void {
    this.#current?.bar.end()
    this.#current = undefined
  }
}
