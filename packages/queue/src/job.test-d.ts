/** What the types of jobs promise. Checked by the compiler alone. */
import { expectTypeOf } from "bun:test"
import { v } from "@ashlar/validation"
import { type Backoff, defineJob, handleJob, type Queue } from "./index.ts"

declare const queue: Queue

const mail = defineJob("mail", { input: v.object({ to: v.string(), at: v.coerce.date().optional() }) }, (job) => {
  // The handler gets what the schema gives out.
  expectTypeOf(job.input.to).toEqualTypeOf<string>()
  expectTypeOf(job.input.at).toEqualTypeOf<Date | undefined>()
  expectTypeOf(job.attempt).toEqualTypeOf<number>()
  // @ts-expect-error it has no such member
  job.input.from
  return { sent: true }
})
const bare = defineJob("bare", {}, ({ input }) => {
  expectTypeOf(input).toEqualTypeOf<undefined>()
})
const declared = defineJob("declared", { input: v.integer(), output: v.string() })

export async function types(): Promise<void> {
  await queue.push(mail, { to: "ada" })
  await queue.push(mail, { to: "ada" }, { delayMs: 5 })
  await queue.push(bare)
  await queue.push(bare, undefined, { priority: 1 })
  await queue.pushMany([mail.of({ to: "ada" }), bare.of()])
  // @ts-expect-error an input is needed
  await queue.push(mail)
  // @ts-expect-error it must be what the schema accepts
  await queue.push(mail, { to: 7 })
  // @ts-expect-error also as an item
  mail.of({})
  // @ts-expect-error an option that there is not
  await queue.push(bare, undefined, { delay: 5 })
  queue.work([mail, bare, handleJob(declared, ({ input }) => String(input + 1))])
  // @ts-expect-error a job without its code cannot be worked on
  queue.work([declared])
  // @ts-expect-error what the handler gives must be what the output schema accepts
  handleJob(declared, ({ input }) => input)
  const backoff: Backoff = (attempt) => (attempt > 3 ? "stop" : 1_000)
  defineJob("again", { backoff })
  // @ts-expect-error an option that there is not
  defineJob("again", { retries: 3 })
}
