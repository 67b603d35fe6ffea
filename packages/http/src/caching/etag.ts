import type { BaseContext } from "../context/context.ts"
import { PreconditionFailed } from "../errors.ts"
import { type Failure, fail } from "../failure.ts"
import { type Layer, layer } from "../layer.ts"
import { answerHeader } from "../reply/answer-header.ts"
import { type EncodedReply, Reply, type ReplyHeaders } from "../reply/reply.ts"
import { andThen, type MaybePromise } from "../step.ts"
import { contentHash } from "./content-hash.ts"
import { parseHttpDate } from "./http-date.ts"
import { weigh } from "./preconditions.ts"

export interface EtagOptions {
  /** Bodies that are larger, in bytes (texts: characters), get no tag: to hash them would hold other requests up. Default 1 MiB. */
  readonly maxBytes?: number
}

const DEFAULT_BYTES = 1024 * 1024

/**
 * A layer that gives answers to `GET` and `HEAD` a strong `ETag` by their content, and answers 304 to who has it already.
 * It saves the way, not the work: the handler runs all the same, where `notModified` can spare it. A tag or a
 * `Last-Modified` that the handler set is used as it is. Streams and files get no tag here. Put it inside `compress`.
 * @example
 * app.scope("/api", [compress(), etag()], (api) => …)
 */
export function etag({ maxBytes = DEFAULT_BYTES }: EtagOptions = {}): Layer {
  return layer({
    name: "etag",
    after: (ctx, reply) => {
      if (reply.status !== 200 || (ctx.method !== "GET" && ctx.method !== "HEAD")) return undefined
      const tag = answerHeader(ctx, reply, "etag")
      if (tag !== undefined || answerHeader(ctx, reply, "last-modified") !== undefined)
        return ifModified(ctx, reply, tag)
      const encoded = reply.encode()
      return andThen(hashOf(encoded, maxBytes), (hash) => {
        if (hash === undefined) return undefined
        return ifModified(ctx, encoded.withHeaders({ etag: `"${hash}"` }), `"${hash}"`)
      })
    },
  })
}

function hashOf({ value }: EncodedReply, maxBytes: number): MaybePromise<string | undefined> {
  if (typeof value === "string") return value.length <= maxBytes ? contentHash(value) : undefined
  const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value
  return bytes instanceof Uint8Array && bytes.byteLength <= maxBytes ? contentHash(bytes) : undefined
}

/** The reply, or in its place the word that it is the one the caller has, or not the one it wants. */
function ifModified(ctx: BaseContext, reply: Reply, tag: string | undefined): Reply | Failure {
  const changed = answerHeader(ctx, reply, "last-modified")
  const known = { etag: tag, lastModified: changed === undefined ? undefined : parseHttpDate(changed), exists: true }
  const outcome = weigh(ctx.method, ctx.headers, known)
  if (outcome === "go on") return reply
  if (reply.value instanceof Object && "cancel" in reply.value) void (reply.value as ReadableStream).cancel()
  if (outcome === "failed") return fail(PreconditionFailed, "The answer is not in the state that the request names")
  return new Reply(304, null, undefined, withoutContent(reply.headers))
}

/** A 304 says nothing of a body that it does not have. @see https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5 */
function withoutContent(headers: ReplyHeaders | undefined): ReplyHeaders {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !/^content-(?!location)/i.test(name)))
}
