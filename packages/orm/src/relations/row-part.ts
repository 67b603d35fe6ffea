import type { Home } from "../model/home.ts"
import { type Hydrator, hydratorOf, type RowReader } from "../model/hydrator.ts"
import { type RowSource, RowState } from "../model/row-state.ts"
import type { TableColumn } from "../model/table.ts"
import { attacherOf } from "./attach.ts"

/** Where a value is in a row of the result: by its name, or by its place. */
export type RawKey = string | number

interface PartColumn {
  readonly column: TableColumn
  readonly key: RawKey
  /** Read for what the package does with it, and not shown. */
  readonly isExtra: boolean
}

interface PartValue {
  readonly property: string
  readonly key: RawKey
  readonly read: (raw: unknown) => unknown
}

/** What is loaded of rows that have been read, by more queries. */
export interface RowsLoader<Run> {
  load(rows: readonly object[], run: Run): Promise<void>
}

/** One model's share of a result that holds rows of several, side by side. */
export class RowPart<Run> {
  readonly home: Home
  readonly columns: PartColumn[] = []
  readonly values: PartValue[] = []
  readonly joined: { readonly name: string; readonly part: RowPart<Run>; readonly probe: RawKey | undefined }[] = []
  readonly loaders: RowsLoader<Run>[] = []

  constructor(home: Home) {
    this.home = home
  }

  /** Reads rows of the result as rows of the model, with what was joined on them. */
  reader(isExact: boolean): Hydrator {
    return hydratorOf(this.#reader(isExact))
  }

  #reader(isExact: boolean): RowReader {
    const { home } = this
    const { dialect } = home.session
    const all = this.columns.map(({ column, key, isExtra }) => ({
      property: column.property,
      key,
      isExtra,
      read: isExact ? column.cast[dialect].readExact : column.cast[dialect].read,
    }))
    const shown = all.filter(({ isExtra }) => !isExtra)
    const joined = this.joined.map(({ name, part, probe }) => ({
      attach: attacherOf(name),
      probe,
      ...part.#reader(isExact),
    }))
    const { values } = this
    const places = new Map(all.map((one) => [one.property, one]))
    const source: RowSource = {
      home,
      has: (property) => places.has(property),
      value(raw, property) {
        const place = places.get(property)
        return place === undefined ? undefined : valueAt(raw as Raw, place.key, place.read)
      },
    }
    const { Blank } = home
    return {
      source,
      read(given, from) {
        const raw = given as Raw
        const row = new Blank() as Record<string, unknown>
        for (const { property, key, read } of shown) row[property] = valueAt(raw, key, read)
        for (const { property, key, read } of values) row[property] = read(raw[key])
        for (const { attach, probe, read, source: inner } of joined)
          attach(row, probe !== undefined && raw[probe] === null ? null : read(raw, inner))
        return new RowState(row, raw, from)
      },
    }
  }

  /** Whether anything has to be asked for when the rows are there. */
  get isComplete(): boolean {
    return this.loaders.length === 0 && this.joined.every(({ part }) => part.isComplete)
  }

  /** Loads what was not joined, for rows of this part and for those joined to them. */
  async fill(rows: readonly object[], run: Run): Promise<void> {
    if (rows.length === 0 || this.isComplete) return
    for (const loader of this.loaders) await loader.load(rows, run)
    for (const { name, part } of this.joined) {
      const inner = rows.map((row) => (row as Record<string, unknown>)[name]).filter((row) => row !== null)
      await part.fill(inner as object[], run)
    }
  }
}

type Raw = Readonly<Record<RawKey, unknown>>

function valueAt(raw: Raw, key: RawKey, read: ((raw: unknown) => unknown) | undefined): unknown {
  const value = raw[key]
  return value === null || read === undefined ? value : read(value)
}
