import { defineError } from "@ashlar/core"
import type { SqlValue, Transaction } from "../definition.ts"

/* Procedures of the tests' own feature, well behaved and not. */

const NoteRefused = defineError("TEST_NOTE_REFUSED", 418, "The note is refused.")

export function add(tx: Transaction, id: string): number {
  return tx.run("INSERT INTO note (id, body) VALUES (?, 'by procedure')", [id]).lastInsertRowid
}

export function addThenFail(tx: Transaction, id: string): never {
  add(tx, id)
  throw new NoteRefused("No more notes.", { details: { id } })
}

/** Details that are no JSON, and cannot cross. */
export function failOddly(tx: Transaction, id: string): never {
  add(tx, id)
  throw new NoteRefused("Odd.", { details: { odd: () => {} }, cause: { odd: () => {} } })
}

export function addThenBreak(tx: Transaction, id: string): void {
  add(tx, id)
  const nothing: unknown = undefined
  ;(nothing as { boom: () => void }).boom()
}

/** Tries an id that is taken, goes on with another: a caught constraint harms nobody. */
export function addOrElse(tx: Transaction, ids: readonly [string, string]): string {
  try {
    add(tx, ids[0])
    return "first"
  } catch (error) {
    add(tx, ids[1])
    return String((error as { code?: string }).code)
  }
}

/** What `tally` and `tallyThenFail` keep in common; `id` is "bad" for an end that fails. */
interface Tally {
  readonly ids: string[]
}

/** Adds a note with how many calls shared their end. */
export function tally(tx: Transaction, id: string): number {
  const { ids } = tx.share<Tally>(() => ({ ids: [] }), writeTally)
  ids.push(id)
  return ids.length
}

function writeTally(tx: Transaction, { ids }: Tally): void {
  tx.run("INSERT INTO note (id, body) VALUES (?, ?)", [`tally of ${ids.join(" ")}`, String(ids.length)])
  if (ids.includes("bad")) throw new NoteRefused("A bad tally.")
}

/** Fails after it touched what is shared. */
export function tallyOrFail(tx: Transaction, [id, fails]: readonly [string, boolean]): void {
  tally(tx, id)
  if (fails) throw new NoteRefused("No more tallies.")
}

/** Everything it was given, as it came. */
export function echo(_: Transaction, args: unknown): unknown {
  return args
}

/** Fails before it changed anything. */
export function refuse(): never {
  throw new NoteRefused("Not now.")
}

export function removeAll(tx: Transaction): number {
  return tx.run("DELETE FROM note").changes
}

/** Swallows every error, as a careless author might. */
export function addManyCarelessly(tx: Transaction, { ids, body }: { ids: readonly string[]; body: string }): string {
  for (const id of ids) {
    try {
      tx.run("INSERT INTO note (id, body) VALUES (?, ?)", [id, body])
    } catch {
      // Careless on purpose.
    }
  }
  return "said done"
}

export function query(tx: Transaction, sql: string): unknown {
  return tx.all(sql)
}

export function count(tx: Transaction): number {
  return tx.get<{ count: number }>("SELECT count(*) AS count FROM note")?.count ?? -1
}

export async function later(tx: Transaction, id: string): Promise<void> {
  add(tx, id)
  await Promise.resolve()
  add(tx, `${id}-later`)
}

export function giveFunction(tx: Transaction, id: string): () => void {
  add(tx, id)
  return () => {}
}

export function crash(tx: Transaction, id: string): never {
  add(tx, id)
  process.exit(1)
}

export function hang(tx: Transaction, id: string): never {
  add(tx, id)
  for (;;);
}

export const notAFunction: SqlValue = 1
