/** What workload i posts. */
export interface Order {
  readonly customer: string
  readonly items: readonly Item[]
}

interface Item {
  readonly id: number
  readonly sku: string
  readonly name: string
  readonly price: number
  readonly quantity: number
  readonly inStock: boolean
  readonly tags: readonly string[]
}

/** Bounds that every server's schema states. */
export const MAX_ITEMS = 1000
export const MAX_TAGS = 10

/** An order of so many bytes of JSON, or an item's length more. */
export function orderOf(bytes: number): Order {
  const items: Item[] = []
  for (let size = 0; size < bytes; ) {
    const id = items.length
    const item: Item = {
      id,
      sku: `SKU-${String(id).padStart(6, "0")}`,
      name: `A stone of the wall, number ${id}`,
      price: 12.5 + id,
      quantity: 1 + (id % 99),
      inStock: id % 3 > 0,
      tags: ["stone", "wall", "chalk"],
    }
    items.push(item)
    size += JSON.stringify(item).length + 1
  }
  return { customer: "ada@example.com", items }
}
