import type { Home } from "./home.ts"

/** Where a row came from: what it held then, by property. */
export interface RowSource {
  readonly home: Home
  /** Whether the row came in a list with others. Such a source is of one list alone. */
  readonly isOfMany?: boolean
  /** Properties that were read or written. */
  has(property: string): boolean
  /** The value then, as the row shows it; a fresh one where values can be changed in place. */
  value(raw: unknown, property: string): unknown
}

/** A base class whose constructor gives back what it gets, so that private fields are put on objects that exist already. */
class Adopted {
  constructor(row: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is what the class is for.
    return row
  }
}

/**
 * What is known of a row beside its values. Private fields, so that no spread copies it, no log prints it and no comparison sees it; a
 * WeakMap would cost a list of rows a third.
 */
export class RowState extends Adopted {
  #raw: unknown
  #source: RowSource | undefined

  constructor(row: object, raw: unknown, source: RowSource | undefined) {
    super(row)
    this.#raw = raw
    this.#source = source
  }

  /** False for objects that no model made. */
  static knows(row: object): boolean {
    return #source in row
  }

  /** Undefined for a row that is not in the database. */
  static source(row: object): RowSource | undefined {
    return #source in row ? row.#source : undefined
  }

  static original(row: object, property: string): unknown {
    const state = row as RowState
    return state.#source?.value(state.#raw, property)
  }

  /** Puts back what is known of a row now, whenever it is called. */
  static keeper(row: object): () => void {
    const state = row as RowState
    const raw = state.#raw
    const source = state.#source
    return () => RowState.set(row, raw, source)
  }

  static set(row: object, raw: unknown, source: RowSource | undefined): void {
    const state = row as RowState
    state.#raw = raw
    state.#source = source
  }
}
