import type { BaseContext } from "../context/context.ts"
import { answerHeader } from "./answer-header.ts"
import type { Reply } from "./reply.ts"

/** Tells caches that the answer is another one for callers who send this header otherwise; once. */
export function addVary(ctx: BaseContext, reply: Reply, header: string): void {
  const vary = answerHeader(ctx, reply, "vary")
  const names = vary === undefined ? [] : vary.toLowerCase().split(/[\s,]+/)
  if (!names.includes("*") && !names.includes(header)) ctx.set("vary", header)
}
