import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs"
import type { AshlarError } from "@ashlar/core"
import { Channel } from "./channel.ts"
import { Crashed, LogLimit, StartFailed } from "./errors.ts"
import type { Exchange } from "./exchange.ts"
import type { LogLevel, ReadyReport } from "./messages.ts"
import { type CommandOptions, type Profile, type Runtime, sandboxCommand } from "./profile.ts"
import type { Stage } from "./stage.ts"

const CHANNEL_FD = 3
const START_TIMEOUT_MS = 10_000
const ESCALATION_MS = 1000
/** Standard output is for the few programs that write there; it is no log, and no way to fill a disk. */
const MAX_OUTPUT_BYTES = 1024 * 1024
const KEPT_STDERR_LENGTH = 2000
/** The last to live when the machine is out of memory is the platform, the first to go is a function. */
const OOM_SCORE = "1000"
const TICK_MS = 10

/** Who listens to a process. Set once it is known what the process is for. */
export interface SandboxListener {
  onQuestion(exchange: Exchange): void
  onLog(id: number, line: unknown): void
  /** What was written to standard output ("info") or standard error ("error"). */
  onOutput(level: LogLevel, text: string): void
}

export interface SandboxOptions extends CommandOptions {
  readonly stage: Stage
}

/** What a process has used so far. */
export interface Usage {
  readonly cpuMs: number
  /** Anonymous and shared memory: what only this process holds. Not the program's own pages. */
  readonly memoryBytes: number
}

/** One process behind walls, and the channel to it. It runs until it is killed. */
export class Sandbox {
  readonly runtime: Runtime
  readonly profile: Profile
  readonly uid: number | undefined
  readonly channel: Channel
  /** Resolves when the process can be asked. Rejects when it never will. */
  readonly ready: Promise<ReadyReport>
  /** Resolves when the process is gone, with the reason. */
  readonly closed: Promise<AshlarError>
  readonly pid: number
  listener: SandboxListener | undefined

  readonly #ready = Promise.withResolvers<ReadyReport>()
  readonly #closed = Promise.withResolvers<AshlarError>()
  readonly #startTimer: ReturnType<typeof setTimeout>
  #reason: AshlarError | undefined
  #pids: readonly number[] = []
  #stderr = ""
  #outputBytes = 0
  #gone = false

  private constructor(process: Bun.Subprocess<"ignore", "pipe", "pipe">, options: SandboxOptions) {
    this.runtime = options.runtime
    this.profile = options.profile
    this.uid = options.uid
    this.pid = process.pid
    this.ready = this.#ready.promise
    this.closed = this.#closed.promise
    // Whoever started the process may have gone; the reason stays in `closed`.
    this.ready.catch(() => {})
    this.channel = new Channel({
      role: "host",
      onOpen: (exchange) => (this.listener ? this.listener.onQuestion(exchange) : exchange.cancel()),
      onLog: (id, line) => this.listener?.onLog(id, line),
      onReady: (report) => this.#becomeReady(report as ReadyReport),
      onFault: (error) => this.kill(error),
    })
    this.#startTimer = setTimeout(
      () => this.kill(new StartFailed(`The process was not up after ${START_TIMEOUT_MS} ms.`)),
      START_TIMEOUT_MS,
    )
    this.#protectHost(process.pid)
    void this.#drain(process.stdout, "info")
    void this.#drain(process.stderr, "error")
    this.#connect((process.stdio as readonly unknown[])[CHANNEL_FD] as number)
    process.exited.then((code) => this.#exited(code, process.signalCode))
  }

  /**
   * Starts a process.
   *
   * @throws {FUNCTIONS_START_FAILED} when it cannot be spawned at all. Later failures reject `ready`.
   */
  static start(options: SandboxOptions): Sandbox {
    const { stage, profile } = options
    let filter: number | undefined
    try {
      filter = profile === "plain" ? undefined : openSync(stage.filters[profile], "r")
      // In the profile "dropping" bubblewrap needs root to set up; the process leaves root inside.
      const drops = options.uid !== undefined && profile !== "dropping"
      const process = Bun.spawn([...sandboxCommand(stage, options)], {
        stdio: ["ignore", "pipe", "pipe", "pipe", ...(filter === undefined ? [] : [filter])] as unknown as [
          "ignore",
          "pipe",
          "pipe",
        ],
        env: {},
        ...(drops ? { uid: options.uid, gid: options.uid } : {}),
      } as Bun.SpawnOptions.OptionsObject<"ignore", "pipe", "pipe">)
      return new Sandbox(process, options)
    } catch (cause) {
      throw new StartFailed(undefined, { cause })
    } finally {
      if (filter !== undefined) closeSync(filter)
    }
  }

  /** Is the process still there and not being killed? */
  get live(): boolean {
    return this.#reason === undefined
  }

  /** Ends the process at once. The first reason counts. */
  kill(reason: AshlarError): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    clearTimeout(this.#startTimer)
    this.#ready.reject(reason)
    this.channel.fail(reason)
    // The child of the outer bubblewrap is the init of the sandbox: with it goes everything inside, and the outer one
    // reaps it. Killing the outer one would leave the init to somebody else to reap.
    signal(this.profile === "plain" ? this.pid : (childrenOf(this.pid)[0] ?? this.pid))
    // Unless it is gone by then: its number may be another process's.
    setTimeout(() => this.#gone || signal(this.pid), ESCALATION_MS).unref()
  }

  /** What the process has used, or `undefined` when it is gone. */
  usage(): Usage | undefined {
    let cpuMs = 0
    let memoryBytes = 0
    try {
      for (const pid of this.#pids) {
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
        cpuMs += (Number(fields[11]) + Number(fields[12])) * TICK_MS
        const status = readFileSync(`/proc/${pid}/status`, "latin1")
        memoryBytes += (kilobytes(status, "RssAnon") + kilobytes(status, "RssShmem")) * 1024
      }
    } catch {
      return undefined
    }
    return this.#pids.length === 0 ? undefined : { cpuMs, memoryBytes }
  }

  #becomeReady(report: ReadyReport): void {
    clearTimeout(this.#startTimer)
    // The filter lets no process be made, so the tree that is there now is the tree for good.
    this.#pids = process.platform === "linux" ? leavesOf(this.pid) : []
    for (const pid of this.#pids) this.#protectHost(pid)
    this.#ready.resolve(report)
  }

  #protectHost(pid: number): void {
    try {
      writeFileSync(`/proc/${pid}/oom_score_adj`, OOM_SCORE)
    } catch {
      // No such file on this system, or the process is gone already: it is a courtesy, not a wall.
    }
  }

  #connect(fd: number): void {
    const handlers = {
      open: (socket: Parameters<Channel["attach"]>[0]) => this.channel.attach(socket),
      data: (_socket: unknown, bytes: Uint8Array) => this.channel.receive(bytes),
      drain: () => this.channel.drained(),
      close: () => this.#disconnected(),
      error: () => this.#disconnected(),
    }
    Bun.connect({ fd, socket: handlers } as unknown as Parameters<typeof Bun.connect>[0]).catch((cause: unknown) =>
      this.kill(new StartFailed(undefined, { cause })),
    )
  }

  /** A process that closes its channel is of no use. Mostly it is ending already: its exit says more. */
  #disconnected(): void {
    setTimeout(() => this.kill(new Crashed("The function's process closed its channel.")), 100).unref()
  }

  #exited(code: number, signalCode: string | number | null): void {
    this.#gone = true
    clearTimeout(this.#startTimer)
    const how = signalCode ?? `code ${code}`
    const last = this.#stderr.trim().split("\n").slice(-5).join("\n")
    const reason = this.#reason ?? new Crashed(`The function's process ended with ${how}.`, { cause: last })
    this.#reason = reason
    this.#ready.reject(reason)
    this.channel.fail(reason)
    this.#closed.resolve(reason)
  }

  async #drain(stream: ReadableStream<Uint8Array>, level: LogLevel): Promise<void> {
    const decoder = new TextDecoder()
    try {
      for await (const bytes of stream) {
        this.#outputBytes += bytes.length
        if (this.#outputBytes > MAX_OUTPUT_BYTES)
          return this.kill(
            new LogLimit(`The function wrote more than ${MAX_OUTPUT_BYTES} bytes to its standard output.`),
          )
        const text = decoder.decode(bytes, { stream: true })
        if (level === "error") this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR_LENGTH)
        this.listener?.onOutput(level, text)
      }
    } catch {
      // The pipe broke with the process; its exit is told elsewhere.
    }
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // Gone already.
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** The processes at the end of the tree: the runtime itself, without the two bubblewraps around it. */
function leavesOf(pid: number): readonly number[] {
  const children = childrenOf(pid)
  return children.length === 0 ? [pid] : children.flatMap(leavesOf)
}

function kilobytes(status: string, name: string): number {
  const at = status.indexOf(`${name}:`)
  return at < 0 ? 0 : Number.parseInt(status.slice(at + name.length + 1), 10)
}
