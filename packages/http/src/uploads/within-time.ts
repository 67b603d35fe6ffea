import type { UploadContext } from "./multipart.ts"

/**
 * The same context, with a body that ends in an error when the route's time is over: the caller has an answer then, while
 * the upload would go on for nobody. Routes without a `timeoutMs` pay nothing for it.
 */
export function withinTime(ctx: UploadContext): UploadContext {
  const { signal } = ctx.route?.timeoutMs === undefined ? {} : ctx
  if (signal === undefined) return ctx
  return {
    headers: ctx.headers,
    defer: (cleanup) => ctx.defer?.(cleanup),
    async *chunks(maxBodyBytes) {
      for await (const chunk of ctx.chunks(maxBodyBytes)) {
        signal.throwIfAborted()
        yield chunk
      }
      signal.throwIfAborted()
    },
  }
}
