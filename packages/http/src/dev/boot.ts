import { type AshlarError, withDeadline } from "@ashlar/core"
import type { App } from "../app.ts"
import { EntryInvalid } from "../errors.ts"

/** A module that never ends (`await forever`) counts as loaded so long after it listened. */
const SETTLE_MS = 1_000

const NO_APP = "The entry gave no app: it exports none by default, and none listens."

/** One start of a developer's entry: it ends with an app, whether that was exported or listens. */
export class Boot {
  readonly #listened = Promise.withResolvers<App>()
  /** The entry has run to its end, and exports no app. */
  readonly #endedWithout = Promise.withResolvers<void>()
  #isDecided = false

  constructor() {
    this.#listened.promise.catch(() => undefined) // whoever waits for it is told
  }

  /** An app listens. Of several the first one counts. */
  listened(app: App): void {
    this.#isDecided = true
    this.#listened.resolve(app)
  }

  /**
   * Something failed that nobody waits for: an app that has not listened by now never will.
   * @returns whether that ends the start.
   */
  failed(error: unknown): boolean {
    if (this.#isDecided) return false
    this.#isDecided = true
    this.#listened.reject(error)
    return true
  }

  /** Newer code waits: an entry that ended and gave no app is waited for no longer than a moment. */
  superseded(): void {
    void this.#endedWithout.promise.then(() => {
      setTimeout(() => this.failed(new EntryInvalid(NO_APP)), SETTLE_MS).unref()
    })
  }

  /**
   * Loads the entry and waits for its app.
   * @throws {HTTP_DEV_ENTRY_INVALID} when there is none after `timeoutMs`, or what is exported is no app.
   * @throws whatever the code throws while it loads.
   */
  async run(load: () => Promise<Readonly<Record<string, unknown>>>, timeoutMs: number): Promise<App> {
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    const loaded = load().then((entry) => {
      const app = exportedApp(entry)
      if (app === undefined) this.#endedWithout.resolve()
      return app ?? this.#listened.promise
    })
    const settled = this.#listened.promise.then(
      (app) =>
        new Promise<App>((resolve) => {
          if (!isOver) timer = setTimeout(() => resolve(app), SETTLE_MS)
        }),
    )
    const late = (): AshlarError => new EntryInvalid(`${NO_APP} It was waited for ${timeoutMs / 1000} s.`)
    try {
      return await withDeadline(() => Promise.race([loaded, settled]), timeoutMs, late)
    } finally {
      isOver = true
      clearTimeout(timer) // it would hold the app
    }
  }
}

function exportedApp({ default: value }: Readonly<Record<string, unknown>>): App | undefined {
  if (typeof value !== "object" || value === null) return undefined
  const { listen, table, fetch, stop } = value as Partial<App>
  if ([listen, table, fetch, stop].every((one) => typeof one === "function")) return value as App
  if (typeof fetch === "function")
    throw new EntryInvalid(
      "The entry exports something with `fetch` that is no Ashlar app. Export what createApp() gave.",
    )
  return undefined
}
