import { MAX_ITEMS, MAX_TAGS, type Order } from "../order.ts"
import type { User } from "../user.ts"

/** The rules of workloads c and i as one writes them by hand. */
type Loose<T> = { readonly [K in keyof T]?: unknown }

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

export function isUser(value: unknown): value is User {
  if (typeof value !== "object" || value === null) return false
  const { name, email, age, tags } = value as Loose<User>
  return isText(name, 100) && typeof email === "string" && EMAIL.test(email) && isWhole(age, 0, 150) && isTags(tags)
}

/** Only the keys that are known. */
export function userOf({ name, email, age, tags }: User): User {
  return { name, email, age, tags }
}

export function isOrder(value: unknown): value is Order {
  if (typeof value !== "object" || value === null) return false
  const { customer, items } = value as Loose<Order>
  if (typeof customer !== "string" || !EMAIL.test(customer)) return false
  if (!Array.isArray(items) || items.length === 0 || items.length > MAX_ITEMS) return false
  for (let at = 0; at < items.length; at++) if (!isItem(items[at])) return false
  return true
}

function isItem(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false
  const { id, sku, name, price, quantity, inStock, tags } = value as Loose<Order["items"][number]>
  return (
    isWhole(id, 0, Number.MAX_SAFE_INTEGER) &&
    isText(sku, 40) &&
    isText(name, 120) &&
    typeof price === "number" &&
    price >= 0 &&
    isWhole(quantity, 1, 999) &&
    typeof inStock === "boolean" &&
    isTags(tags)
  )
}

function isText(value: unknown, maxLength: number): boolean {
  return typeof value === "string" && value.length > 0 && value.length <= maxLength
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}

function isTags(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > MAX_TAGS) return false
  for (let at = 0; at < value.length; at++) if (typeof value[at] !== "string") return false
  return true
}
