import { errors } from "@ashlar/http"
import type { Queryable } from "@ashlar/orm"

export interface Wanted {
  readonly sku: string
  readonly quantity: number
}

/* Each of these is one statement for each item, always in the order of their names: no two orders wait for each other. */

/** Holds what is wanted, all of it or none. @throws 409 */
export async function holdStock(tx: Queryable, lines: readonly Wanted[]): Promise<void> {
  for (const { sku, quantity } of ordered(lines)) {
    const { changes } = await tx.sql`update items set free = free - ${quantity}, held = held + ${quantity}
      where sku = ${sku} and free >= ${quantity}`.run()
    if (changes === 0) throw new errors.Conflict(`There are not ${quantity} of "${sku}" left.`)
  }
}

/** Lets go of what was held: it is free again. */
export async function releaseStock(tx: Queryable, lines: readonly Wanted[]): Promise<void> {
  for (const { sku, quantity } of ordered(lines))
    await tx.sql`update items set free = free + ${quantity}, held = held - ${quantity} where sku = ${sku}`.run()
}

/** What was held has left the house. */
export async function shipStock(tx: Queryable, lines: readonly Wanted[]): Promise<void> {
  for (const { sku, quantity } of ordered(lines))
    await tx.sql`update items set held = held - ${quantity} where sku = ${sku}`.run()
}

function ordered(lines: readonly Wanted[]): readonly Wanted[] {
  return lines.toSorted((a, b) => (a.sku < b.sku ? -1 : 1))
}
