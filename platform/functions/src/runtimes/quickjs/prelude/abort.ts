type Listener = (event: { type: "abort"; target: AbortSignal }) => void

export class DOMException extends Error {
  constructor(message = "", name = "Error") {
    super(message)
    this.name = name
  }
}

/** @see https://dom.spec.whatwg.org/#interface-AbortSignal */
export class AbortSignal {
  aborted = false
  reason: unknown
  onabort: Listener | null = null
  readonly #listeners = new Set<Listener>()

  static abort(reason?: unknown): AbortSignal {
    const controller = new AbortController()
    controller.abort(reason)
    return controller.signal
  }

  static timeout(ms: number): AbortSignal {
    const controller = new AbortController()
    setTimeout(() => controller.abort(new DOMException("The time is over", "TimeoutError")), ms)
    return controller.signal
  }

  addEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.add(listener)
  }

  removeEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.delete(listener)
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason
  }

  /** Aborts the signal. Only a controller calls this. */
  static fire(signal: AbortSignal, reason: unknown): void {
    if (signal.aborted) return
    signal.aborted = true
    signal.reason = reason
    const event = { type: "abort", target: signal } as const
    signal.onabort?.(event)
    for (const listener of signal.#listeners) listener(event)
  }
}

const fire = AbortSignal.fire
Reflect.deleteProperty(AbortSignal, "fire")

export class AbortController {
  readonly signal: AbortSignal = new AbortSignal()

  abort(reason: unknown = new DOMException("The operation was aborted", "AbortError")): void {
    fire(this.signal, reason)
  }
}
