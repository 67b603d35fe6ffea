import type { Cli } from "../cli.ts"
import { type AppRuntime, startAppProcess } from "../development/app-process.ts"
import { DatabaseRefused } from "../errors.ts"

/** What one statement gave. */
export interface ShellAnswer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
  readonly isCut: boolean
  readonly changes: number
  readonly durationMs: number
}

/** The app's own `@ashlar/orm` with its database open, asked again and again. */
export interface DatabaseShell {
  /** @throws {CLI_DATABASE_REFUSED} With the code and the reason. */
  run(text: string): Promise<readonly ShellAnswer[]>
  close(): Promise<void>
}

type Message =
  | { readonly type: "ready" }
  | { readonly type: "done"; readonly value: readonly ShellAnswer[] }
  | { readonly type: "failed"; readonly error: { readonly code: string; readonly message: string } }

/** @throws {CLI_DATABASE_REFUSED} When it cannot be opened. {CLI_PACKAGE_MISSING} */
export async function openDatabaseShell(
  { io }: Cli,
  request: { readonly url: string; readonly mayWrite: boolean },
  runtime: AppRuntime,
): Promise<DatabaseShell> {
  let waiting = Promise.withResolvers<readonly ShellAnswer[]>()
  const child = startAppProcess({
    io,
    runtime,
    entry: io.cwd,
    program: "@ashlar/orm/migrations/process",
    onMessage: (given, self) => {
      const message = given as Message
      if (message.type === "ready") self.send({ command: "shell", ...request })
      else if (message.type === "done") waiting.resolve(message.value)
      else {
        const { code, message: reason } = message.error
        waiting.reject(new DatabaseRefused(`${code}: ${reason}`, { details: { code } }))
      }
    },
    onOutput: io.stderr,
  })
  const stop = (): void => child.kill()
  io.signal.addEventListener("abort", stop, { once: true })
  const exited = child.exited.then((exitCode) => {
    io.signal.removeEventListener("abort", stop)
    waiting.reject(
      io.signal.reason ?? new DatabaseRefused(`The process with the database ended with exit code ${exitCode}.`),
    )
    // Nobody may wait for it any more.
    waiting.promise.catch(() => undefined)
  })
  const close = async (): Promise<void> => {
    child.send({})
    await exited
  }
  try {
    await waiting.promise
  } catch (error) {
    await close()
    throw error
  }
  return {
    run(text) {
      waiting = Promise.withResolvers()
      child.send({ text })
      return waiting.promise
    },
    close,
  }
}
