import { AshlarError } from "@ashlar/core"
import { WebhooksStoreFailed } from "../errors.ts"

/** Runs work of the database. What it throws by itself is a WEBHOOKS_STORE_FAILED; what was found out by it stays what it is. */
export async function inStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof AshlarError && !cause.code.startsWith("ORM_")) throw cause
    throw new WebhooksStoreFailed("The database of the webhooks did not do its work", { cause })
  }
}
