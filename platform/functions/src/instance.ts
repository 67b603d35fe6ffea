import { AshlarError } from "@ashlar/core"
import type { Broker } from "./broker.ts"
import { BundleInvalid, CpuLimit, Crashed, InvocationOver, LogLimit, MemoryLimit, ProtocolError } from "./errors.ts"
import { type Exchange, failureOf } from "./exchange.ts"
import type { Invocation } from "./invocation.ts"
import type { FunctionLimits } from "./limits.ts"
import type { NewLogLine } from "./logs.ts"
import type { GuestQuestion, InvokeQuestion, LoadQuestion, LogLevel, LogMessage } from "./messages.ts"
import type { Sandbox, SandboxListener } from "./sandbox.ts"

const nothing = new Uint8Array(0)
const levels: ReadonlySet<unknown> = new Set(["debug", "info", "warn", "error"])
/** A process that was given up must answer a ping within this time, or it is ended at once. */
const PING_MS = 250
/** Well below the process's own limit of processor time, after which the kernel would end it in the middle of a call. */
const MAX_CPU_MS = 1_800_000
/** What a `quickjs` process holds besides the guest's memory: the copy of it, and the engine around it. */
const QUICKJS_OVERHEAD_BYTES = 160 * 1024 * 1024
const MAX_COMPLAINT_LENGTH = 4096
/** Ends that are the bundle's own doing when they come while it loads. */
const stopsLoading: ReadonlySet<string> = new Set(
  [CpuLimit, MemoryLimit, LogLimit, ProtocolError, Crashed].map((kind) => kind.code),
)
/** Lines without an invocation, in the life of a process. */
const MAX_OWNERLESS_LINES = 1000

/** What is loaded. */
export interface LoadOptions {
  readonly project: string
  /** The project as the function sees it. */
  readonly projectName: string
  readonly name: string
  readonly code: Uint8Array
  readonly env: Readonly<Record<string, string>>
  readonly limits: FunctionLimits
  readonly broker: Broker
  readonly log: (line: Omit<NewLogLine, "version">) => void
  /** A process was ended while no invocation ran in it, for this reason. */
  readonly onKill: (reason: AshlarError) => void
}

/** A process with one version of one function in it. Never anything else, for as long as it lives. */
export class Instance implements SandboxListener {
  readonly sandbox: Sandbox
  /** Milliseconds of `performance.now()`. */
  lastUsedMs: number = performance.now()
  /** Called when the process may take another call, or will never take one again. */
  onChange: (() => void) | undefined
  readonly #options: LoadOptions
  readonly #invocations = new Map<number, Invocation>()
  #highestExchange = 0
  #ownerlessLines = 0
  #retired = false
  #reserved = 0
  #loading = true
  #cpuMs = 0
  #idleCpuMs = 0

  constructor(sandbox: Sandbox, options: LoadOptions) {
    this.sandbox = sandbox
    this.#options = options
    sandbox.listener = this
    void sandbox.closed.then(() => this.#closed())
  }

  /**
   * Loads the bundle. To be called once, before anything else; the limits hold while it loads, too.
   *
   * @throws {FUNCTIONS_BUNDLE_INVALID} when it does not load. The process is ended then.
   */
  async load(): Promise<void> {
    const { code, env, limits, name, projectName } = this.#options
    const { memoryMb, bodyBytes, logLines } = limits
    const question: LoadQuestion = { kind: "load", project: projectName, name, env, memoryMb, bodyBytes, logLines }
    const tooLate = new BundleInvalid(`The bundle did not load within ${limits.wallMs} ms.`)
    const timer = setTimeout(() => this.sandbox.kill(tooLate), limits.wallMs)
    try {
      const failure = failureOf(await this.sandbox.channel.open(question, code, true).reply)
      if (failure) throw new BundleInvalid(String(failure.message).slice(0, MAX_COMPLAINT_LENGTH))
      // Loading is paid for; calls start with a clean account.
      this.#cpuMs = this.sandbox.usage()?.cpuMs ?? 0
      this.#idleCpuMs = 0
    } catch (error) {
      const known = error instanceof AshlarError ? error : new BundleInvalid(undefined, { cause: error })
      const reason = stopsLoading.has(known.code)
        ? new BundleInvalid(`The bundle did not load: ${known.message}`)
        : known
      this.sandbox.kill(reason)
      throw reason
    } finally {
      clearTimeout(timer)
      this.#loading = false
    }
  }

  /** How many invocations run. */
  get live(): number {
    return this.#invocations.size
  }

  /** Does it load, or run an invocation? */
  get busy(): boolean {
    return this.#loading || this.live > 0
  }

  /** How many invocations run, or have a place and are about to. */
  get taken(): number {
    return this.#invocations.size + this.#reserved
  }

  /** Keeps a place for the invocation that is opened next. */
  reserve(): this {
    this.#reserved++
    return this
  }

  /** May it take another invocation? */
  get usable(): boolean {
    return !this.#retired && this.sandbox.live
  }

  /** Opens the exchange of an invocation. */
  open(invocation: Invocation, question: InvokeQuestion, end: boolean): Exchange {
    this.#reserved--
    const exchange = this.sandbox.channel.open(question, nothing, end)
    this.#highestExchange = exchange.id
    this.#invocations.set(exchange.id, invocation)
    this.#idleCpuMs = 0
    return exchange
  }

  /** An invocation is over. */
  release(invocation: Invocation): void {
    for (const [id, live] of this.#invocations) if (live === invocation) this.#invocations.delete(id)
    this.lastUsedMs = performance.now()
    if (this.#retired && this.taken === 0) this.sandbox.kill(new Crashed("The process was retired."))
    this.onChange?.()
  }

  /** Takes no more invocations, and ends with the last. */
  retire(): void {
    if (this.#retired) return
    this.#retired = true
    if (this.taken === 0) this.sandbox.kill(new Crashed("The process was retired."))
    this.onChange?.()
  }

  /**
   * An invocation went over a limit. The process is ended at once, unless it runs others and still answers: then it takes
   * no new ones, and ends with the last.
   */
  condemn(invocation: Invocation, reason: AshlarError): void {
    for (const [id, live] of this.#invocations) if (live === invocation) this.#invocations.delete(id)
    if (this.live === 0) this.sandbox.kill(reason)
    else {
      this.retire()
      this.#endUnlessItAnswers()
    }
  }

  /** Looks at what the process has used since the last look, and stops what is over its limits. */
  sample(): void {
    const usage = this.sandbox.usage()
    if (!usage) return
    const spentMs = usage.cpuMs - this.#cpuMs
    this.#cpuMs = usage.cpuMs
    const { memoryMb, cpuMs } = this.#options.limits
    if (usage.memoryBytes > this.#memoryLimitBytes())
      this.#exceed(new MemoryLimit(`The function used more than ${memoryMb} MB of memory.`))
    else if (this.live === 0) {
      this.#idleCpuMs += spentMs
      if (this.#idleCpuMs > cpuMs)
        this.#exceed(new CpuLimit(`The function used more than ${cpuMs} ms of processor time while no invocation ran.`))
    } else {
      // Who spent it inside one process cannot be seen from outside: the invocations that ran share it.
      const shareMs = spentMs / this.live
      for (const invocation of [...this.#invocations.values()]) invocation.charge(shareMs)
    }
    if (usage.cpuMs > MAX_CPU_MS) this.retire()
  }

  onQuestion(exchange: Exchange): void {
    const question = exchange.head as Partial<GuestQuestion> | null
    const id = question?.invocation
    const known = question?.kind === "data" || question?.kind === "fetch"
    const invocation = typeof id === "number" ? this.#invocations.get(id) : undefined
    if (!known || typeof id !== "number" || id > this.#highestExchange)
      this.#exceed(new ProtocolError("Got a question of no known kind, or for an invocation that never was."))
    else if (!invocation || invocation.signal.aborted) exchange.refuse(new InvocationOver().report())
    else void this.#options.broker.serve(exchange, invocation)
  }

  onLog(id: number, line: unknown): void {
    const message = logMessageOf(line)
    const invocation = this.#invocations.get(id)
    const most = invocation ? this.#options.limits.logLines : MAX_OWNERLESS_LINES
    const count = invocation ? ++invocation.lines : ++this.#ownerlessLines
    // The runner stops by itself after one line too many; whoever sends more has gone around it.
    if (count > most * 2 + 100)
      this.#exceed(new LogLimit(`The function sent more than ${most} log lines in one invocation.`))
    if (count > most + 1) return
    const last = `The limit of ${most} lines is reached; the rest is dropped.`
    const shown = count <= most ? message : { level: "warn" as const, message: last, fields: {} }
    this.#options.log({ kind: "log", invocation: invocation?.id ?? null, ...shown })
  }

  onOutput(level: LogLevel, text: string): void {
    for (const message of text.split("\n").filter((line) => line.trim() !== ""))
      if (++this.#ownerlessLines <= MAX_OWNERLESS_LINES)
        this.#options.log({ kind: "log", invocation: null, level, message, fields: {} })
  }

  /** Of a `quickjs` function the memory that counts is the guest's, which its own maximum caps; this is the second line. */
  #memoryLimitBytes(): number {
    const limitBytes = this.#options.limits.memoryMb * 1024 * 1024
    return this.sandbox.runtime === "quickjs" ? 2 * limitBytes + QUICKJS_OVERHEAD_BYTES : limitBytes
  }

  #endUnlessItAnswers(): void {
    if (!this.sandbox.live) return
    const reason = new Crashed("The process was stopped, because another invocation in it reached a limit.")
    const timer = setTimeout(() => this.sandbox.kill(reason), PING_MS)
    const answered = () => clearTimeout(timer)
    this.sandbox.channel.open({ kind: "ping" }, nothing, true).reply.then(answered, answered)
  }

  #exceed(reason: AshlarError): void {
    if (this.live === 0) this.#options.onKill(reason)
    this.sandbox.kill(reason)
  }

  #closed(): void {
    this.#retired = true
    this.onChange?.()
  }
}

function logMessageOf(line: unknown): LogMessage {
  const { level, message, fields } = (line ?? {}) as Partial<LogMessage>
  return {
    level: levels.has(level) ? level! : "info",
    message: typeof message === "string" ? message : "",
    fields: typeof fields === "object" && fields !== null && !Array.isArray(fields) ? fields : {},
  }
}
