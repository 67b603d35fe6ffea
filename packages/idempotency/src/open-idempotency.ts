import { defineService, detach, type Guarantees, type Service, type Services } from "@ashlar/core"
import { idempotencyDrivers } from "./drivers/drivers.ts"
import { IdempotencyClosed } from "./errors.ts"
import type { IdempotencyStore } from "./store.ts"

export interface IdempotencyOptions {
  /** What the caller relies on: `{ crossProcess: true }`. A URL whose driver does not promise it is refused at once. */
  readonly needs?: Guarantees
}

/** Where claims and answers are kept, opened at its first use. */
export interface Idempotency {
  /** The store, opened now if it is not yet. @throws {IDEMPOTENCY_STORE_FAILED} {IDEMPOTENCY_CLOSED} */
  store(): Promise<IdempotencyStore>
  /** Gives the store back. Twice does nothing. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Opens what keeps the answers of requests: `memory:`, `sqlite:path`, `postgres://…`, `mysql://…` or `redis://…`. The store is opened at
 * the first use.
 *
 * @param url A store of your own is taken as well; closing this closes it.
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING}
 * @example
 * const idempotency = openIdempotency("postgres://app@db/shop")
 */
export function openIdempotency(url: string | IdempotencyStore, { needs = {} }: IdempotencyOptions = {}): Idempotency {
  if (typeof url === "string") idempotencyDrivers.require(url, needs, "The idempotency layer")
  const outside = detach()
  const open = () => (typeof url === "string" ? outside(() => idempotencyDrivers.open(url)) : Promise.resolve(url))
  let opening: Promise<IdempotencyStore> | undefined
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= Promise.resolve(typeof url === "string" ? opening : url).then(
      (store) => store?.close(),
      () => undefined,
    )
    return closing
  }
  return {
    store() {
      if (closing !== undefined) return Promise.reject(new IdempotencyClosed())
      opening ??= open().catch((error) => {
        opening = undefined // the next use tries again
        throw error
      })
      return opening
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** What is promised behind a URL, as data. @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} */
export function idempotencyGuarantees(url: string): Guarantees {
  return idempotencyDrivers.guarantees(url)
}

/**
 * The same as a service of an app: opened when it is first asked for, closed with the app.
 * @example
 * export const Keys = defineIdempotency(() => process.env.DATABASE_URL ?? "memory:")
 */
export function defineIdempotency(
  url: (services: Services) => string | Promise<string>,
  { name = "idempotency", ...options }: IdempotencyOptions & { readonly name?: string } = {},
): Service<Idempotency> {
  return defineService<Idempotency>({
    name,
    async open(services) {
      const idempotency = openIdempotency(await url(services), options)
      await idempotency.store()
      return idempotency
    },
    close: (idempotency) => idempotency.close(),
  })
}
