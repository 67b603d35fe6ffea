import { WebhooksEventInvalid, WebhooksOptionInvalid } from "../errors.ts"

const TYPE = /^[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*$/
const FILTER = /^(?:[A-Za-z0-9_]+\.)*(?:[A-Za-z0-9_]+|\*)$/
const MAX_LENGTH = 128
const MAX_FILTERS = 100

/** @throws {WEBHOOKS_EVENT_INVALID} */
export function checkType(type: string): string {
  if (typeof type === "string" && type.length <= MAX_LENGTH && TYPE.test(type)) return type
  throw new WebhooksEventInvalid(
    `Expected the type to be words of A-Za-z0-9_ with dots between, of at most ${MAX_LENGTH} characters, such as invoice.paid.`,
  )
}

/** @throws {WEBHOOKS_OPTION_INVALID} */
export function checkFilters(filters: readonly string[]): readonly string[] {
  const isFine =
    filters.length >= 1 &&
    filters.length <= MAX_FILTERS &&
    filters.every((one) => typeof one === "string" && one.length <= MAX_LENGTH && FILTER.test(one))
  if (isFine) return [...new Set(filters)]
  throw new WebhooksOptionInvalid(
    `Expected 1 to ${MAX_FILTERS} types, such as invoice.paid, or invoice.* for all that begin so.`,
  )
}

/** Whether an event of this type is wanted. */
export function isWanted(type: string, filters: readonly string[] | undefined): boolean {
  if (filters === undefined) return true
  return filters.some((one) => one === type || one === "*" || (one.endsWith(".*") && type.startsWith(one.slice(0, -1))))
}
