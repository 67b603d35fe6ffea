import type { RequestContext } from "../context/request-context.ts"
import { describeError, type ErrorDescription } from "./error-description.ts"
import type { ServiceChanges } from "./kept-services.ts"
import type { LaneObserver } from "./lane.ts"
import type { OwnCode } from "./own-code.ts"
import { Ring } from "./ring.ts"

/** A request as the page lists it. What may be secret is left out: query, headers, body. */
export interface RequestEntry {
  /** Counts up by one. */
  readonly number: number
  /** Present where somebody asked for it: it is in a log or in a header then. */
  readonly id?: string
  /** Milliseconds since 1970, when the answer's head was there. */
  readonly at: number
  readonly method: string
  readonly path: string
  /** The path of the route that answered; absent where none did. */
  readonly route?: string
  readonly status: number
  /** Milliseconds from the request's head to the answer's. */
  readonly durationMs: number
  /** The number of the load whose code answered. */
  readonly load: number
}

/** Something that failed while a request was answered, or with no request around it. */
export interface FailureEntry {
  readonly number: number
  readonly at: number
  readonly request?: { readonly method: string; readonly path: string; readonly id?: string }
  readonly error: ErrorDescription
}

/** One load of the code. */
export interface LoadEntry {
  readonly load: number
  readonly at: number
  readonly durationMs: number
  /** What had changed; empty for the first one. */
  readonly files: readonly string[]
  /** Absent: the code took over. */
  readonly error?: ErrorDescription
  readonly routes?: number
  readonly services?: ServiceChanges
}

const MAX_REQUESTS = 200
const MAX_FAILURES = 50
const MAX_LOADS = 50
const MAX_PATH_LENGTH = 300

/** What happened lately, each kind bounded. */
export class History {
  readonly requests: Ring<RequestEntry> = new Ring(MAX_REQUESTS)
  readonly failures: Ring<FailureEntry> = new Ring(MAX_FAILURES)
  readonly loads: Ring<LoadEntry> = new Ring(MAX_LOADS)
  readonly #own: OwnCode
  #requestCount = 0
  #failureCount = 0
  /** Called when something was added. */
  onChange: (kind: "requests" | "failures" | "loads") => void = () => undefined

  constructor(own: OwnCode) {
    this.#own = own
  }

  /** How many there were in all. */
  get counts(): { readonly requests: number; readonly failures: number } {
    return { requests: this.#requestCount, failures: this.#failureCount }
  }

  /** Writes down the requests that the code of one load answers. */
  observer(load: number): LaneObserver {
    return {
      answered: (ctx, status, durationMs) => this.#answered(ctx, status, durationMs, load),
      failed: (ctx, error) => this.failed(error, ctx),
    }
  }

  #answered(ctx: RequestContext, status: number, durationMs: number, load: number): void {
    const { method, path, route, hasId } = ctx
    this.requests.push({
      number: ++this.#requestCount,
      ...(hasId && { id: ctx.id }),
      at: Date.now(),
      method,
      path: clip(path),
      ...(route.declaredAt !== "" && { route: route.path }),
      status,
      durationMs,
      load,
    })
    this.onChange("requests")
  }

  failed(error: unknown, ctx?: RequestContext): void {
    const request = ctx && { method: ctx.method, path: clip(ctx.path), ...(ctx.hasId && { id: ctx.id }) }
    const described = describeError(error, this.#own)
    this.failures.push({ number: ++this.#failureCount, at: Date.now(), ...(request && { request }), error: described })
    this.onChange("failures")
  }

  loaded(entry: LoadEntry): void {
    this.loads.push(entry)
    this.onChange("loads")
  }
}

function clip(path: string): string {
  return path.length <= MAX_PATH_LENGTH ? path : `${path.slice(0, MAX_PATH_LENGTH - 1)}…`
}
