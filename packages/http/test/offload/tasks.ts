import { errors, fail } from "../../src/index.ts"
import { defineTask, type Task, transferred } from "../../src/offload/index.ts"

/** What the suite of threads has them do. This module is loaded by the server and by each of its threads. */
const threads = process.getBuiltinModule("node:worker_threads")

export const add: Task<[number, number], number> = defineTask(
  import.meta.url,
  "add",
  ([a, b]: [number, number]) => a + b,
)
export const thread: Task<null, number> = defineTask(import.meta.url, "thread", () => threads.threadId)
export const sleep: Task<number, number> = defineTask(import.meta.url, "sleep", async (ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return threads.threadId
})
export const forever: Task<null, never> = defineTask(import.meta.url, "forever", (): never => {
  for (;;);
})
export const conflict: Task<null, never> = defineTask(import.meta.url, "conflict", (): never => {
  throw new errors.Conflict("Revision 3 is newer", { details: { current: 3 }, cause: new TypeError("secret cause") })
})
export const failure: Task<null, unknown> = defineTask(import.meta.url, "failure", () => fail(errors.Gone, "Sold out"))
export const defect: Task<null, never> = defineTask(import.meta.url, "defect", (): never => {
  throw new TypeError("a secret of the thread")
})
export const oddThrow: Task<null, never> = defineTask(import.meta.url, "oddThrow", (): never => {
  throw { uncloneable: () => 1 }
})
export const uncloneable: Task<null, unknown> = defineTask(import.meta.url, "uncloneable", () => () => 1)
export const exit: Task<null, never> = defineTask(import.meta.url, "exit", (): never => process.exit(3))
export const lateDefect: Task<null, number> = defineTask(import.meta.url, "lateDefect", async () => {
  setTimeout(() => {
    throw new TypeError("outside of the task")
  }, 1)
  await new Promise((resolve) => setTimeout(resolve, 2000))
  return 1
})
export const size: Task<Uint8Array, number> = defineTask(
  import.meta.url,
  "size",
  (bytes: Uint8Array) => bytes.byteLength,
)
export const bytes: Task<number, Uint8Array> = defineTask(import.meta.url, "bytes", (length: number) => {
  const made = new Uint8Array(length).fill(7)
  return transferred(made, [made.buffer])
})
