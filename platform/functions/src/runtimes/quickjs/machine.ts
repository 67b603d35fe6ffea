/**
 * One QuickJS in one WebAssembly instance, with one bundle in it. Its memory is copied when the bundle is loaded and put
 * back before every call, so a call finds nothing of the calls before it.
 *
 * Rules, each paid for with a hang or an abort: what the host gives to the guest (functions, the interrupt handler) is
 * given before the copy is made; a handle that is younger than the copy is never disposed after it is put back; after the
 * host itself threw inside a call the machine is of no use any more.
 */

import baseVariant from "@jitl/quickjs-wasmfile-release-sync"
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
} from "quickjs-emscripten-core"
import { type Ballast, MemoryImage } from "./memory-image.ts"
import type { Host, HostOperation } from "./prelude/host.ts"

const PAGE_BYTES = 65536
/** What the module was linked for; WebAssembly accepts no smaller memory. */
const INITIAL_PAGES = 256
const MAX_STACK_BYTES = 256 * 1024

/** What a bundle of ordinary size and its calls use without growing the memory. */
const ROOM_BYTES = 2 * 1024 * 1024
const REHEARSALS = 3
const REHEARSED_BUNDLE =
  "export default { fetch: async (request, ctx) => Response.json({ url: new URL(request.url).search, text: await request.text() }) }"
const REHEARSED_ABOUT = JSON.stringify({ project: "", name: "", env: {} })
const REHEARSED_CALL = JSON.stringify({
  invocation: "",
  method: "GET",
  url: "http://rehearsal/?a=b",
  headers: [["a", "b"]],
})

/** Why the guest was interrupted. */
export type Interruption = "wall" | "cpu"

export interface MachineOptions {
  readonly wasm: WebAssembly.Module
  /** The prelude's text, an ES module that exports `boot`. */
  readonly prelude: string
  /** The memory's maximum. This is the only cap that holds; QuickJS's own does not. */
  readonly memoryMb: number
  readonly host: Host
}

/** What a run of the guest came to. */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "interrupted"; readonly by: Interruption }
  | { readonly kind: "memory" }

interface Heap {
  _malloc(bytes: number): number
  _free(pointer: number): void
}

export class Machine {
  readonly memoryMb: number
  readonly #memory: WebAssembly.Memory
  readonly #maxPages: number
  readonly #context: QuickJSContext
  readonly #entry: QuickJSHandle
  readonly #functions = new Map<string, QuickJSHandle>()
  readonly #ballast: Ballast
  readonly #image: MemoryImage
  #wallAtMs = Number.POSITIVE_INFINITY
  #cpuLeftMs = Number.POSITIVE_INFINITY
  #cpuAtStartMs = 0
  #ranAtMs = 0
  #interruption: Interruption | undefined

  private constructor(options: MachineOptions, memory: WebAssembly.Memory, quickjs: QuickJSWASMModule) {
    const context = quickjs.newRuntime().newContext()
    // The library keeps the allocator to itself.
    const heap = (quickjs as unknown as { module: Heap }).module
    this.memoryMb = options.memoryMb
    this.#memory = memory
    this.#maxPages = maxPages(options.memoryMb)
    this.#context = context
    context.runtime.setMaxStackSize(MAX_STACK_BYTES)
    context.runtime.setInterruptHandler(() => this.#isOver())
    const host = context.newFunction("host", (operation, text, body) =>
      this.#call(options.host, [operation, text, body]),
    )
    const prelude = context.unwrapResult(context.evalCode(options.prelude, "prelude.js", { type: "module" }))
    this.#entry = context.unwrapResult(context.callFunction(context.getProp(prelude, "boot"), context.undefined, host))
    for (const name of ["load", "invoke", "cancel", "settle", "fire"])
      this.#functions.set(name, context.getProp(this.#entry, name))
    this.#ballast = takeBallast(heap, memory)
    this.#image = new MemoryImage(memory, this.#ballast)
  }

  /** Makes a machine with the prelude in it, ready for a bundle. */
  static async create(options: MachineOptions): Promise<Machine> {
    const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: maxPages(options.memoryMb) })
    // Its types describe the CommonJS build; what is loaded is the ES module.
    const base = baseVariant as unknown as QuickJSSyncVariant
    const variant = newVariant(base, { wasmModule: options.wasm, wasmMemory: memory })
    const quickjs = await newQuickJSWASMModuleFromVariant(variant)
    const machine = new Machine(options, memory, quickjs)
    machine.#rehearse()
    return machine
  }

  /**
   * Goes through a load and a few calls, and puts the memory back to before them: the first real ones find compiled code
   * and pages that are there.
   */
  #rehearse(): void {
    const before = new MemoryImage(this.#memory, this.#ballast)
    before.keep()
    this.load(REHEARSED_BUNDLE, REHEARSED_ABOUT)
    for (let call = 0; call < REHEARSALS; call++) {
      this.enter("invoke", REHEARSED_CALL, undefined)
      this.reset()
    }
    before.restore()
  }

  /**
   * Evaluates the bundle and keeps the memory as it is then. Only once.
   *
   * @returns what is wrong with the bundle, or `undefined`.
   */
  load(code: string, about: string): string | undefined {
    const context = this.#context
    const outcome = this.run({ wallMs: 5_000, cpuMs: 5_000 }, () => {
      const evaluated = context.evalCode(code, "function.js", { type: "module" })
      if (evaluated.error) return { kind: "failed", message: this.#messageOf(evaluated.error) }
      const jobs = this.#drain()
      if (jobs.kind !== "done") return jobs
      const module = this.#settled(evaluated.value)
      if (typeof module === "string") return { kind: "failed", message: module }
      const loaded = context.callFunction(this.#functions.get("load")!, this.#entry, module, context.newString(about))
      if (loaded.error) return { kind: "failed", message: this.#messageOf(loaded.error) }
      const complaint = context.getString(loaded.value)
      return complaint === "" ? { kind: "done" } : { kind: "failed", message: complaint }
    })
    if (outcome.kind === "failed") return outcome.message
    if (outcome.kind === "memory") return "The bundle needs more memory to load than the function may use."
    if (outcome.kind === "interrupted") return "The bundle's top level did not finish within 5 seconds."
    this.#image.keep()
    return undefined
  }

  /** Puts the memory back to where it was after the bundle was loaded. */
  reset(): void {
    this.#image.restore()
  }

  /** The size of the memory now. It grows and never shrinks. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength
  }

  /** Was the guest stopped since the last `allow`? It can say nothing of worth after that. */
  get interrupted(): boolean {
    return this.#interruption !== undefined
  }

  /** From here on the guest has so much time, over all runs until this is called again. */
  allow(limits: { wallMs: number; cpuMs: number }): void {
    this.#wallAtMs = performance.now() + limits.wallMs
    this.#cpuLeftMs = limits.cpuMs
    this.#interruption = undefined
  }

  /** Calls one of the prelude's entry functions, and lets the guest run until it waits. */
  enter(name: "invoke" | "cancel" | "settle" | "fire", ...args: (string | ArrayBuffer | undefined)[]): Outcome {
    const context = this.#context
    return this.#guard(() => {
      const handles = args.map((arg) => this.#toGuest(arg) ?? context.undefined)
      const result = context.callFunction(this.#functions.get(name)!, this.#entry, ...handles)
      if (result.error) return { kind: "failed", message: this.#messageOf(result.error) }
      return this.#drain()
    })
  }

  /** Runs `task` with its own limits. */
  run(limits: { wallMs: number; cpuMs: number }, task: () => Outcome): Outcome {
    this.allow(limits)
    return this.#guard(task)
  }

  #guard(task: () => Outcome): Outcome {
    this.#cpuAtStartMs = cpuMs()
    this.#ranAtMs = performance.now()
    const outcome = task()
    this.#cpuLeftMs -= Math.min(cpuMs() - this.#cpuAtStartMs, performance.now() - this.#ranAtMs)
    if (this.#interruption) return { kind: "interrupted", by: this.#interruption }
    return outcome.kind === "failed" && this.isExhausted(outcome.message) ? { kind: "memory" } : outcome
  }

  #drain(): Outcome {
    const jobs = this.#context.runtime.executePendingJobs()
    return jobs.error ? { kind: "failed", message: this.#messageOf(jobs.error) } : { kind: "done" }
  }

  /** The guest's promise of a module, once it is there; or what is wrong with it. */
  #settled(value: QuickJSHandle): QuickJSHandle | string {
    const state = this.#context.getPromiseState(value)
    if (state.type === "fulfilled") return state.value
    if (state.type === "rejected") return this.#messageOf(state.error)
    return "The bundle's top level waits for something. Await inside fetch instead."
  }

  #isOver(): boolean {
    const nowMs = performance.now()
    if (nowMs > this.#wallAtMs) this.#interruption = "wall"
    // The process's time counts the engine's own threads too, so the guest used at most the lesser of the two.
    else if (nowMs - this.#ranAtMs > this.#cpuLeftMs && cpuMs() - this.#cpuAtStartMs > this.#cpuLeftMs)
      this.#interruption = "cpu"
    return this.#interruption !== undefined
  }

  /** Did the guest fail because its memory is used up? QuickJS says so, if it can still say anything. */
  isExhausted(message: string): boolean {
    const full = this.#memory.buffer.byteLength >= (this.#maxPages * PAGE_BYTES * 3) / 4
    return full && (message.includes("out of memory") || message === "")
  }

  /** One call of the guest to the host. Whatever goes wrong out there, the guest sees `undefined`. */
  #call(host: Host, args: readonly (QuickJSHandle | undefined)[]): QuickJSHandle {
    const [operation, text, body] = args.map((handle) => this.#fromGuest(handle))
    let answer: ReturnType<Host>
    try {
      answer = host(operation as HostOperation, text as string | undefined, body)
    } catch {
      answer = undefined
    }
    return this.#toGuest(answer) ?? this.#context.undefined
  }

  #toGuest(value: string | ArrayBuffer | undefined): QuickJSHandle | undefined {
    if (value === undefined) return undefined
    return typeof value === "string" ? this.#context.newString(value) : this.#context.newArrayBuffer(value)
  }

  #fromGuest(handle: QuickJSHandle | undefined): string | ArrayBuffer | undefined {
    if (handle === undefined) return undefined
    const type = this.#context.typeof(handle)
    if (type === "string") return this.#context.getString(handle)
    if (type !== "object") return undefined
    // A copy: the view is into memory that the guest changes.
    return new Uint8Array(this.#context.getArrayBuffer(handle).value).buffer
  }

  #messageOf(error: QuickJSHandle): string {
    const context = this.#context
    if (context.typeof(error) !== "object") return context.typeof(error) === "string" ? context.getString(error) : ""
    const [name, message] = ["name", "message"].map((key) => {
      const value = context.getProp(error, key)
      return context.typeof(value) === "string" ? context.getString(value) : ""
    })
    return name && name !== "Error" ? `${name}: ${message}` : (message ?? "")
  }
}

function maxPages(memoryMb: number): number {
  return Math.max(INITIAL_PAGES, Math.ceil((memoryMb * 1024 * 1024) / PAGE_BYTES))
}

/**
 * Gives the free rest of the initial memory away, all but some room for the bundle and its calls: allocated and never
 * freed, so no allocation of the guest's will ever lie in it.
 */
function takeBallast(heap: Heap, memory: WebAssembly.Memory): Ballast {
  const room = heap._malloc(ROOM_BYTES)
  const sizeBytes = memory.buffer.byteLength - (room + ROOM_BYTES) - 2 * PAGE_BYTES
  const start = heap._malloc(sizeBytes)
  heap._free(room)
  return { start, end: start + sizeBytes }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
