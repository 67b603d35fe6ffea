import type { ColumnType, Flavour } from "../description.ts"
import { ColumnBuilder } from "./column-builder.ts"

/** The columns that a table of a migration can have, in the words that models use. */
export abstract class TableColumns {
  readonly name: string
  protected readonly flavour: Flavour

  protected constructor(name: string, flavour: Flavour) {
    this.name = name
    this.flavour = flavour
  }

  /** @internal */
  protected abstract keep(column: ColumnBuilder): void

  #add(name: string, type: ColumnType): ColumnBuilder {
    const column = new ColumnBuilder(this.name, name, { type, flavour: this.flavour })
    this.keep(column)
    return column
  }

  /** A key of 64 bits that the database counts up. */
  id(name = "id"): ColumnBuilder {
    return this.bigint(name).primary().autoIncrement()
  }

  uuid(name: string): ColumnBuilder {
    return this.#add(name, { kind: "uuid" })
  }

  /** @param maxLength Characters. Without it as many as the database takes; MySQL then keeps 255 of a column that is in a key. */
  text(name: string, maxLength?: number): ColumnBuilder {
    return this.#add(name, { kind: "text", ...(maxLength === undefined ? {} : { length: maxLength }) })
  }

  /** Padded with blanks to a length. */
  char(name: string, length: number): ColumnBuilder {
    return this.#add(name, { kind: "text", length, fixed: true })
  }

  smallint(name: string): ColumnBuilder {
    return this.#add(name, { kind: "integer", bits: 16 })
  }

  /** 32 bits. */
  integer(name: string): ColumnBuilder {
    return this.#add(name, { kind: "integer", bits: 32 })
  }

  bigint(name: string): ColumnBuilder {
    return this.#add(name, { kind: "integer", bits: 64 })
  }

  double(name: string): ColumnBuilder {
    return this.#add(name, { kind: "float", bits: 64 })
  }

  real(name: string): ColumnBuilder {
    return this.#add(name, { kind: "float", bits: 32 })
  }

  /** @param scale Digits behind the point, of the `precision` digits in all. */
  decimal(name: string, precision: number, scale = 0): ColumnBuilder {
    return this.#add(name, { kind: "decimal", precision, ...(scale === 0 ? {} : { scale }) })
  }

  boolean(name: string): ColumnBuilder {
    return this.#add(name, { kind: "boolean" })
  }

  /** A moment. `local: true` is a time on the wall, without a zone, on PostgreSQL. */
  timestamp(name: string, options: { readonly precision?: number; readonly local?: boolean } = {}): ColumnBuilder {
    return this.#add(name, { kind: "timestamp", ...options })
  }

  /** `created_at` and `updated_at`, set when a row is made. */
  timestamps(created = "created_at", updated = "updated_at"): void {
    this.timestamp(created).defaultNow()
    this.timestamp(updated).defaultNow()
  }

  date(name: string): ColumnBuilder {
    return this.#add(name, { kind: "date" })
  }

  time(name: string): ColumnBuilder {
    return this.#add(name, { kind: "time" })
  }

  /** `jsonb` on PostgreSQL. */
  json(name: string): ColumnBuilder {
    return this.#add(name, { kind: "json" })
  }

  /** @param maxLength Bytes. */
  bytes(name: string, maxLength?: number): ColumnBuilder {
    return this.#add(name, { kind: "bytes", ...(maxLength === undefined ? {} : { length: maxLength }) })
  }

  /** One of these words: text with a check, an ENUM on MySQL, or with `type` an enum that `schema.createEnum` made on PostgreSQL. */
  enumeration(
    name: string,
    values: readonly [string, ...string[]],
    options: { readonly type?: string } = {},
  ): ColumnBuilder {
    return this.#add(name, {
      kind: "enumeration",
      values,
      ...(options.type === undefined ? {} : { name: options.type }),
    })
  }

  /** An array of PostgreSQL's: `t.array("tags", { kind: "text" })`. JSON elsewhere. */
  array(name: string, of: ColumnType): ColumnBuilder {
    return this.#add(name, { kind: "array", of })
  }

  /** A type in the database's own words: `t.native("place", "geometry(Point, 4326)")`. */
  native(name: string, type: string): ColumnBuilder {
    return this.#add(name, { kind: "native", text: type })
  }
}
