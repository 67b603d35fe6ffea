import { type BaseContext, Reply, type ReplyHeaders, type Result } from "@ashlar/http"
import { notModified } from "@ashlar/http/caching"
import type { KeptAnswer } from "./kept-answer.ts"

/** Who is answered. */
export interface Ask {
  readonly ctx: BaseContext
  readonly isHead: boolean
}

/** A kept answer as it is sent in one second: its age is another in the next. */
interface Ready {
  readonly fromMs: number
  readonly reply: Reply
  /** Its head, on Bun: the cheapest answer there is one that takes its status and headers from another. */
  head: Response | undefined
}

const isBun = "Bun" in globalThis

/** Answers of what is kept, made of parts that are ready. */
export class ReadyAnswers {
  readonly #cacheControl: string
  readonly #known = new WeakMap<KeptAnswer, Ready>()

  /** @param cacheControl What is said to those whose answer says nothing of it. */
  constructor(cacheControl: string) {
    this.#cacheControl = cacheControl
  }

  serve({ ctx, isHead }: Ask, kept: KeptAnswer, nowMs: number): Result {
    const known = this.#known.get(kept)
    const passedMs = known === undefined ? -1 : nowMs - known.fromMs
    const ready = passedMs >= 0 && passedMs < 1000 ? known! : this.#make(kept, nowMs)
    if (kept.status === 200 && isConditional(ctx, kept)) {
      const unchanged = notModified(ctx, kept)
      if (unchanged !== undefined) return unchanged.withHeaders(withoutContent(ready.reply.headers ?? {}))
    }
    if (!isBun || isHead || kept.body === null) return ready.reply
    ready.head ??= headOf(ready.reply)
    return new Response(kept.body as string | Uint8Array<ArrayBuffer>, ready.head)
  }

  #make(kept: KeptAnswer, nowMs: number): Ready {
    const { status, body, contentType, etag, madeMs } = kept
    const age = Math.max(0, Math.floor((nowMs - madeMs) / 1000))
    const headers = { "cache-control": this.#cacheControl, ...kept.headers, etag, age: String(age) }
    const reply = new Reply(status, body, contentType, headers)
    const ready: Ready = { fromMs: madeMs + age * 1000, reply, head: undefined }
    this.#known.set(kept, ready)
    return ready
  }
}

function headOf({ status, contentType, headers = {} }: Reply): Response {
  const made = new Headers(contentType === undefined ? {} : { "content-type": contentType })
  for (const [name, value] of Object.entries(headers)) made.set(name, value as string)
  return new Response(null, { status, headers: made })
}

function isConditional({ headers }: BaseContext, { lastModified }: KeptAnswer): boolean {
  return headers.has("if-none-match") || (lastModified !== undefined && headers.has("if-modified-since"))
}
function withoutContent(headers: ReplyHeaders): ReplyHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^content-(?!location)/.test(name)))
}
