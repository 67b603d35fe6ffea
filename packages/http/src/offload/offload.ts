import { defineService, type Service } from "@ashlar/core"
import type { BaseContext } from "../context/context.ts"
import { createOffloadPool, type OffloadPool, type OffloadPoolOptions, type RunOptions } from "./pool.ts"
import type { Task } from "./task.ts"

export interface OffloadOptions extends RunOptions {
  /** Whose threads. Default: {@link offloadPool}, which all calls share that say nothing else. */
  readonly pool?: Service<OffloadPool>
}

/**
 * Makes a pool that opens at its first use and closes with the app.
 * @param name Unique in the app.
 */
export function defineOffloadPool(name: string, options?: OffloadPoolOptions): Service<OffloadPool> {
  return defineService({ name, open: () => createOffloadPool(options), close: (pool) => pool.close() })
}

/** The pool of calls that name none, with the defaults of {@link OffloadPoolOptions}. */
export const offloadPool: Service<OffloadPool> = defineOffloadPool("offload")

/**
 * Runs work for the CPU in another thread, so that this one goes on answering. The task ends with the request: when the
 * caller goes away or the route's time is over, it is taken off the queue, or its thread is ended.
 * @throws as {@link OffloadPool.run} does.
 * @example
 * app.post("/thumbnails", async (ctx) => offload(ctx, thumbnail, await ctx.read("bytes")))
 */
export async function offload<I, O>(
  ctx: Pick<BaseContext, "use" | "signal">,
  task: Task<I, O>,
  input: I,
  { pool = offloadPool, ...options }: OffloadOptions = {},
): Promise<O> {
  const threads = await ctx.use(pool)
  return threads.run(task, input, { signal: ctx.signal, ...options })
}
