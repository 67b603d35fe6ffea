import { OrmModelInvalid } from "../errors.ts"
import type { Sql } from "../sql.ts"

/** What a column stores. Each dialect has its own type for it; `casts.ts` says how a value gets there and back. */
export type ColumnKind =
  | "uuid"
  | "text"
  | "integer"
  | "bigint"
  | "double"
  | "decimal"
  | "boolean"
  | "timestamp"
  | "date"
  | "json"
  | "bytes"
  | "enum"
  | "array"
  | "encrypted"

/** What fills a column that a new row leaves out. */
export type ColumnDefault =
  /** Set by the model, and part of the table too. */
  | { readonly by: "value"; readonly value: unknown }
  /** Called by the model for each row: the database knows nothing of it. */
  | { readonly by: "model"; readonly make: () => unknown }
  /** An expression that the database works out. */
  | { readonly by: "database"; readonly sql: Sql }

export type ReferentialAction = "cascade" | "restrict" | "set null" | "no action"

/** What a foreign key needs to know of the model it names. */
export interface ReferenceTarget {
  readonly table: string
}

export interface ColumnReference {
  readonly model: () => ReferenceTarget
  /** The property of the other model. Default: its only primary key. */
  readonly column: string | undefined
  readonly onDelete: ReferentialAction | undefined
  readonly onUpdate: ReferentialAction | undefined
}

/** What the model itself does with a column. */
export type ColumnRole = "createdAt" | "updatedAt" | "deletedAt" | "version"

/** A column as plain data, for whatever describes, migrates, validates or queries it. */
export interface ColumnDefinition {
  readonly kind: ColumnKind
  /** The name in the database, where it is not that of the property. */
  readonly name: string | undefined
  readonly nullable: boolean
  readonly primary: boolean
  /** A key that the database counts up. */
  readonly autoIncrement: boolean
  readonly unique: boolean
  readonly indexed: boolean
  readonly hidden: boolean
  /** Characters of a text: then a `varchar`. */
  readonly maxLength: number | undefined
  /** Digits of a decimal, and those of them behind the point. */
  readonly precision: number | undefined
  readonly scale: number | undefined
  /** The words of an enum. */
  readonly values: readonly string[] | undefined
  /** What an array holds. */
  readonly element: ColumnDefinition | undefined
  readonly default: ColumnDefault | undefined
  /** An expression over other columns that the database keeps. */
  readonly generated: { readonly sql: Sql; readonly stored: boolean } | undefined
  readonly check: Sql | undefined
  readonly references: ColumnReference | undefined
  readonly role: ColumnRole | undefined
  /** Called by the model whenever it writes a changed row. */
  readonly onUpdate: (() => unknown) | undefined
  /** What of a person it holds, and what becomes of it when they ask to be forgotten. */
  readonly pii: PiiTag | undefined
  /** Keys of an encrypted column: the first encrypts, all decrypt. */
  readonly keys: (() => EncryptionKeys) | undefined
}

/** Kinds of personal data: those of article 9 of the GDPR are `sensitive`, those of HIPAA `health`, of PCI-DSS `payment`. */
export type PiiCategory =
  | "identity"
  | "contact"
  | "location"
  | "behaviour"
  | "financial"
  | "payment"
  | "health"
  | "sensitive"
  | "credential"
  | "other"

/** What a column holds of a person. */
export interface PiiTag {
  readonly category: PiiCategory
  /** What it is kept for, in words for the person. */
  readonly purpose?: string
  /** When its person is forgotten and the row stays: emptied or replaced (default), or kept, as the law may ask. */
  readonly onErase?: "clear" | "keep"
}

/** 32 bytes, as they are or as base64. */
export type EncryptionKey = Uint8Array | string
export type EncryptionKeys = EncryptionKey | readonly EncryptionKey[] | undefined

/**
 * What a type has to know of a column beside its value: `hidden` is not selected unless asked for, `default` and `nullable`
 * may be left out of a new row, `generated` is never written; a row that `references` another has it, unless that is `deletable`
 * softly. They combine.
 */
export type ColumnFlag = "nullable" | "default" | "hidden" | "primary" | "generated" | "references" | "deletable"

/** A column of a model, being described. Every method gives a new one. `A` is what `primary()` brings along. */
export interface Column<T, F extends ColumnFlag = never, A extends ColumnFlag = never> {
  /** For the type checker only. */
  readonly "~t": T
  /** For the type checker only. */
  readonly "~f": F
  readonly definition: ColumnDefinition
  /** The primary key, or a part of it where several columns say so. An integer is counted up, a uuid made by the model. */
  primary(): Column<T, F | "primary" | A, A>
  /** A primary key that callers always give. */
  primary(options: { readonly generated: false }): Column<T, F | "primary", A>
  nullable(): Column<T | null, F | "nullable", A>
  unique(): Column<T, F, A>
  index(): Column<T, F, A>
  /** Not selected and not in JSON, unless a query asks for it: `User.select("id", "password")`. */
  hidden(): Column<T, F | "hidden", A>
  /** Notes that it holds personal data, for data maps, exports and erasure. Nothing else changes. */
  pii(category: PiiCategory, options?: Omit<PiiTag, "category">): Column<T, F, A>
  /** The name in the database, where it is another than the property's. */
  named(name: string): Column<T, F, A>
  /** A value for rows that do not give one, or a function that makes it. */
  default(value: T | (() => T)): Column<T, F | "default", A>
  /** An expression of the database's for rows that do not give a value. */
  defaultSql(expression: Sql): Column<T, F | "default", A>
  /** Set to this whenever a changed row is written, unless the caller sets it. */
  onUpdate(make: () => T): Column<T, F, A>
  /** An expression over other columns of the row; stored unless `stored: false`. Never written by the model. */
  generated(expression: Sql, options?: { readonly stored?: boolean }): Column<T, F | "generated", A>
  /** A condition on the row that the database keeps. */
  check(condition: Sql): Column<T, F, A>
  /** A foreign key to another model, by its primary key unless `column` says otherwise. */
  references(
    model: () => ReferenceTarget,
    options?: {
      readonly column?: string
      readonly onDelete?: ReferentialAction
      readonly onUpdate?: ReferentialAction
    },
  ): Column<T, F | "references", A>
  /** The same column for a narrower type: a branded id, a literal union. Nothing is checked at run time. */
  as<U extends T>(): Column<U, F, A>
}

export type AnyColumn = Column<unknown, ColumnFlag, ColumnFlag>
export type Columns = Readonly<Record<string, AnyColumn>>

const PLAIN: Omit<ColumnDefinition, "kind"> = {
  name: undefined,
  nullable: false,
  primary: false,
  autoIncrement: false,
  unique: false,
  indexed: false,
  hidden: false,
  maxLength: undefined,
  precision: undefined,
  scale: undefined,
  values: undefined,
  element: undefined,
  default: undefined,
  generated: undefined,
  check: undefined,
  references: undefined,
  role: undefined,
  onUpdate: undefined,
  pii: undefined,
  keys: undefined,
}

/** @param onPrimary What `primary()` sets beside. */
export function createColumn<C>(
  kind: ColumnKind,
  settings: Partial<ColumnDefinition> = {},
  onPrimary: Partial<ColumnDefinition> = {},
): C {
  return new ColumnBuilder(Object.freeze({ ...PLAIN, kind, ...settings }), onPrimary) as unknown as C
}

/** True for what the functions of this folder made. */
export function isColumn(value: unknown): value is AnyColumn {
  return value instanceof ColumnBuilder
}

class ColumnBuilder {
  readonly definition: ColumnDefinition
  readonly #onPrimary: Partial<ColumnDefinition>

  constructor(definition: ColumnDefinition, onPrimary: Partial<ColumnDefinition>) {
    this.definition = definition
    this.#onPrimary = onPrimary
  }

  #with(settings: Partial<ColumnDefinition>): ColumnBuilder {
    return new ColumnBuilder(Object.freeze({ ...this.definition, ...settings }), this.#onPrimary)
  }

  primary({ generated = true }: { generated?: boolean } = {}): ColumnBuilder {
    return this.#with(generated ? { primary: true, ...this.#onPrimary } : { primary: true })
  }

  nullable(): ColumnBuilder {
    return this.#with({ nullable: true })
  }

  unique(): ColumnBuilder {
    return this.#with({ unique: true })
  }

  index(): ColumnBuilder {
    return this.#with({ indexed: true })
  }

  hidden(): ColumnBuilder {
    return this.#with({ hidden: true })
  }

  pii(category: PiiCategory, options: Omit<PiiTag, "category"> = {}): ColumnBuilder {
    return this.#with({ pii: { category, ...options } })
  }

  named(name: string): ColumnBuilder {
    return this.#with({ name })
  }

  default(value: unknown): ColumnBuilder {
    if (value === undefined)
      throw new OrmModelInvalid("A default is undefined. Give a value, or a function that makes it.")
    const isMade = typeof value === "function"
    return this.#with({
      default: isMade ? { by: "model", make: value as () => unknown } : { by: "value", value },
    })
  }

  defaultSql(sql: Sql): ColumnBuilder {
    return this.#with({ default: { by: "database", sql } })
  }

  onUpdate(make: () => unknown): ColumnBuilder {
    return this.#with({ onUpdate: make })
  }

  generated(sql: Sql, { stored = true }: { stored?: boolean } = {}): ColumnBuilder {
    return this.#with({ generated: { sql, stored } })
  }

  check(check: Sql): ColumnBuilder {
    return this.#with({ check })
  }

  references(
    model: () => ReferenceTarget,
    {
      column,
      onDelete,
      onUpdate,
    }: { column?: string; onDelete?: ReferentialAction; onUpdate?: ReferentialAction } = {},
  ): ColumnBuilder {
    return this.#with({ references: { model, column, onDelete, onUpdate } })
  }

  as(): ColumnBuilder {
    return this
  }
}
