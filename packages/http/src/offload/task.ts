import type { MessagePort, Transferable } from "node:worker_threads"
import { OffloadInvalid } from "../errors.ts"
import { isFailure, toError } from "../failure.ts"
import { describeError, type Order, type Outcome, WORKER_MARK } from "./messages.ts"

/** Work that a thread can be asked to do: where its module is, and its name there. */
export interface Task<I = unknown, O = unknown> {
  readonly url: string
  readonly name: string
  readonly "~input"?: (input: I) => void
  readonly "~output"?: O
}

type Work = (input: never) => unknown

/** The tasks that this thread has met, by module and name. */
const known = new Map<string, Work>()
let isListening = false

/**
 * Defines a task for {@link offload}. It must stand at the top level of a module of its own, or one with other tasks: the
 * threads load that module, with whatever it imports, so it must not be the one that starts the app. Bundlers must keep
 * it as an entry point.
 *
 * Inputs and results are copied between threads as the structured clone algorithm does: no functions, no class instances.
 * @param moduleUrl `import.meta.url`
 * @param name Unique in the module.
 * @example
 * export const thumbnail = defineTask(import.meta.url, "thumbnail", (image: Uint8Array) => shrink(image, 200))
 */
export function defineTask<I, O>(
  moduleUrl: string,
  name: string,
  work: (input: I) => O | Promise<O>,
): Task<I, O extends Transferred<infer V> ? V : O> {
  known.set(keyOf(moduleUrl, name), work)
  listen()
  return { url: moduleUrl, name }
}

/** A result together with what of it is moved to the caller, and not copied. */
export class Transferred<T> {
  readonly value: T
  readonly list: readonly Transferable[]

  constructor(value: T, list: readonly Transferable[]) {
    this.value = value
    this.list = list
  }
}

/**
 * Returns a result from a task without copying its buffers; the thread has them no more.
 * @example
 * defineTask(import.meta.url, "render", (size: number) => {
 *   const pixels = new Uint8Array(size)
 *   return transferred(pixels, [pixels.buffer])
 * })
 */
export function transferred<T>(value: T, list: readonly Transferable[]): Transferred<T> {
  return new Transferred(value, list)
}

function keyOf(url: string, name: string): string {
  return `${url}#${name}`
}

/** In a thread of ours: waits for orders, from the first task on. Everywhere else: nothing. */
function listen(): void {
  if (isListening) return
  const { parentPort, workerData } = globalThis.process?.getBuiltinModule?.("node:worker_threads") ?? {}
  if (!parentPort || (workerData as Record<string, unknown> | null)?.[WORKER_MARK] !== true) return
  isListening = true
  parentPort.on("message", (order: Order) => void obey(order, parentPort))
}

async function obey(order: Order, port: MessagePort): Promise<void> {
  const { id, url, name, input } = order
  const send = (outcome: Outcome, list: readonly Transferable[] = []): void => port.postMessage(outcome, [...list])
  try {
    const result = await (await find(url, name))(input as never)
    if (isFailure(result)) throw toError(result)
    if (result instanceof Transferred) send({ id, value: result.value }, result.list)
    else send({ id, value: result })
  } catch (error) {
    try {
      send(describeError(id, error))
    } catch {
      send({ id, thrown: String(error) }) // it has parts that cannot be copied
    }
  }
}

async function find(url: string, name: string): Promise<Work> {
  if (!known.has(keyOf(url, name))) await import(url)
  const work = known.get(keyOf(url, name))
  if (work !== undefined) return work
  throw new OffloadInvalid(
    `The module ${url} defines no task "${name}". Call defineTask(import.meta.url, "${name}", …) at its top level`,
  )
}
