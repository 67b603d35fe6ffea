import type { Subprocess } from "bun"
import pico from "picocolors"
import { AppFailed, PackageMissing, RuntimeMissing } from "../errors.ts"
import type { Io } from "../io.ts"
import { findModule } from "./app-entry.ts"
import { type AppError, describeAppError } from "./app-error.ts"
import type { AppDiff, AppTable } from "./app-table.ts"

export type AppRuntime = "bun" | "node"

/** The process that runs a developer's app beside this one. It brings its own framework, and speaks JSON with us. */
export interface AppProcess {
  send(message: unknown): void
  readonly exited: Promise<number>
  /** Ends it at once. */
  kill(): void
}

export interface AppProcessOptions {
  readonly io: Io
  readonly runtime: AppRuntime
  /** The entry of the app, which says where its packages are. */
  readonly entry: string
  /** The program in a package of the app's that loads it. */
  readonly program: string
  readonly env?: Readonly<Record<string, string>>
  readonly onMessage: (message: { readonly type?: unknown }, child: AppProcess) => void
  /** Gets what the app prints on its standard output; what it prints on standard error goes to ours. */
  readonly onOutput: (text: string) => void
}

/**
 * Starts a program of the app's own packages.
 *
 * @throws {CLI_PACKAGE_MISSING} When the app has none, or one without this program.
 * @throws {CLI_RUNTIME_MISSING} When the runtime is not installed.
 */
export function startAppProcess(options: AppProcessOptions): AppProcess {
  const { io, runtime, entry, program, env, onMessage, onOutput } = options
  const path = findModule(program, entry)
  if (path === undefined)
    throw new PackageMissing(
      `${program} is not there for ${entry}. Install or update it beside your app: bun add ${packageOf(program)}`,
    )
  const child: Subprocess = Bun.spawn([...commandOf(runtime, io.env), path], {
    cwd: io.cwd,
    env: { ...io.env, ...(io.colors && { FORCE_COLOR: "1" }), ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    serialization: "json",
    ipc: (message) => onMessage(message as { type?: unknown }, self),
  })
  const printed = [forward(child.stdout, onOutput), forward(child.stderr, io.stderr)]
  const self: AppProcess = {
    send: (message) => {
      if (child.exitCode === null && child.signalCode === null) child.send(message)
    },
    exited: child.exited.then(async (code) => {
      await Promise.all(printed)
      return code
    }),
    kill: () => child.kill("SIGKILL"),
  }
  return self
}

function packageOf(program: string): string {
  return program.split("/").slice(0, 2).join("/")
}

/** Bun would otherwise fetch packages from the network that are not installed. */
function commandOf(runtime: AppRuntime, env: Io["env"]): readonly string[] {
  if (runtime === "bun") return [process.execPath, "--no-install"]
  const node = env.NODE_BIN || Bun.which("node", { PATH: env.PATH ?? "" })
  if (!node) throw new RuntimeMissing("Node is not installed here: there is no `node` on the PATH.")
  return [node]
}

async function forward(stream: Subprocess["stdout"], write: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  for await (const chunk of stream as ReadableStream<Uint8Array>) write(decoder.decode(chunk, { stream: true }))
}

export interface DescribedApp {
  readonly table: AppTable
  readonly services: readonly { readonly name: string; readonly definedAt: string }[]
  readonly diff?: AppDiff
  /** What the reader made of the table. */
  readonly read?: unknown
}

export interface DescribeOptions {
  readonly runtime: AppRuntime
  /** How long the app may take until its routes are known. */
  readonly timeoutMs: number
  /** What its table is compared with. */
  readonly before?: AppTable
  /** A module of the app's own packages that makes something of the table, and what it is told. */
  readonly reader?: { readonly module: string; readonly options: object }
}

type Answer = (DescribedApp & { readonly type: "described" }) | { readonly type: "failed"; readonly error: AppError }

/**
 * Loads an app in a process of its own, without opening a port, and describes its routes.
 *
 * @throws {CLI_APP_FAILED} When it cannot be loaded, or its boot checks fail.
 */
export async function describeApp(io: Io, entry: string, options: DescribeOptions): Promise<DescribedApp> {
  const { runtime, timeoutMs, before, reader } = options
  let answer: Answer | undefined
  const child = startAppProcess({
    io,
    runtime,
    entry,
    program: "@ashlar/http/dev/describe-process",
    onMessage: (message, self) => {
      if (message.type === "ready") self.send({ entry, timeoutMs, before, reader })
      else answer = message as Answer
    },
    onOutput: io.stderr,
  })
  const stop = (): void => child.kill()
  io.signal.addEventListener("abort", stop, { once: true })
  const exitCode = await child.exited
  io.signal.removeEventListener("abort", stop)
  io.signal.throwIfAborted()
  if (answer === undefined)
    throw new AppFailed(`The app ended its process with exit code ${exitCode} before its routes could be read.`)
  if (answer.type === "described") return answer
  const { error } = answer
  throw new AppFailed(describeAppError(error, pico.createColors(false)), { details: { error } })
}
