import type { Home } from "../model/home.ts"
import { type Hydrator, hydratorOf, type RowReader, readerOfMany } from "../model/hydrator.ts"
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
    const { home, values, joined } = this
    const { dialect } = home.session
    const readOf = ({ cast }: TableColumn) => (isExact ? cast[dialect].readExact : cast[dialect].read)
    const source = partSource(home, this.columns, readOf)
    const shown = this.columns.filter(({ isExtra }) => !isExtra)
    // Lists of one kind each, gone through by index: half the price of a loop over objects.
    const properties = shown.map(({ column }) => column.property)
    const keys = shown.map(({ key }) => key)
    const casts = shown.flatMap(({ column }) => {
      const read = readOf(column)
      return read === undefined ? [] : [{ property: column.property, read }]
    })
    const inner = joined.map(({ name, part, probe }) => ({ attach: attacherOf(name), probe, ...part.#reader(isExact) }))
    const { Blank } = home
    const plain = (raw: Raw): Record<string, unknown> => {
      const row = new Blank() as Record<string, unknown>
      for (let at = 0; at < properties.length; at++) row[properties[at]!] = raw[keys[at]!]
      return row
    }
    if (casts.length + values.length + inner.length === 0)
      return { source, read: (raw, from) => new RowState(plain(raw as Raw), raw, from) }
    const readWith =
      (parts: typeof inner): RowReader["read"] =>
      (given, from) => {
        const raw = given as Raw
        const row = plain(raw)
        for (let at = 0; at < casts.length; at++) castOne(row, casts[at]!)
        for (let at = 0; at < values.length; at++) row[values[at]!.property] = values[at]!.read(raw[values[at]!.key])
        for (let at = 0; at < parts.length; at++) {
          const one = parts[at]!
          one.attach(row, one.probe !== undefined && raw[one.probe] === null ? null : one.read(raw, one.source))
        }
        return new RowState(row, raw, from)
      }
    return {
      source,
      read: readWith(inner),
      ofMany: () => ({
        source: { ...source, isOfMany: true },
        read: readWith(inner.map((one) => ({ ...one, ...readerOfMany(one) }))),
      }),
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

type Read = (raw: unknown) => unknown

function castOne(row: Record<string, unknown>, { property, read }: { property: string; read: Read }): void {
  const value = row[property]
  if (value !== null) row[property] = read(value)
}

/** Where rows of a part are from: what was read of each, shown or not. */
function partSource(
  home: Home,
  columns: readonly PartColumn[],
  readOf: (column: TableColumn) => Read | undefined,
): RowSource {
  const places = new Map(columns.map(({ column, key }) => [column.property, { key, read: readOf(column) }]))
  return {
    home,
    has: (property) => places.has(property),
    value(raw, property) {
      const place = places.get(property)
      if (place === undefined) return undefined
      const value = (raw as Raw)[place.key]
      return value === null || place.read === undefined ? value : place.read(value)
    },
  }
}
