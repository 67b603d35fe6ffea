import { type ObjectSchema, type Optional, type Schema, v } from "@ashlar/validation"
import type { AnyColumn, ColumnDefinition } from "../columns/column.ts"
import { OrmModelInvalid } from "../errors.ts"
import { columnOf, type Table } from "./table.ts"
import type { ColumnName, ModelClass } from "./types.ts"

/** The schema of one column: what has a default, or may be null, may be left out. */
type SchemaOf<C extends AnyColumn> = [Extract<C["~f"], "default" | "nullable">] extends [never]
  ? Schema<C["~t"]>
  : Optional<C["~t"], C["~t"]>

/** The schema of some columns of a model. */
export type ModelSchema<M extends ModelClass, K extends ColumnName<M>> = ObjectSchema<{
  [P in K]: SchemaOf<M["columns"][P]>
}>

/**
 * A schema of these columns, for what callers send: it takes what the columns hold. A moment may be text, as JSON has it.
 *
 * @throws {ORM_QUERY_INVALID} {ORM_MODEL_INVALID} for a column that the model does not have, or never writes.
 */
export function modelSchema(table: Table, columns: readonly string[]): unknown {
  const shape: Record<string, unknown> = {}
  for (const name of columns) {
    const { property, definition } = columnOf(table, name)
    if (definition.generated !== undefined || definition.role !== undefined)
      throw new OrmModelInvalid(
        `"${property}" of ${table.model.name} is set by the model or the database, and not for callers to send.`,
      )
    const schema = definition.nullable ? schemaOf(definition).nullable() : schemaOf(definition)
    const mayBeAbsent = definition.nullable || definition.default !== undefined || definition.autoIncrement
    shape[property] = mayBeAbsent ? schema.optional() : schema
  }
  return v.object(shape as never)
}

function schemaOf(definition: ColumnDefinition): Schema<unknown, unknown> {
  const { kind, maxLength, precision = 0, scale = 0, values, element } = definition
  switch (kind) {
    case "uuid":
      return v.string().uuid()
    case "text": {
      const text = v.string().refine((given) => !given.includes("\0"))
      return maxLength === undefined ? text : text.max(maxLength)
    }
    case "encrypted":
      return v.string().refine((given) => !given.includes("\0"))
    case "integer":
      return v
        .integer()
        .min(-(2 ** 31))
        .max(2 ** 31 - 1)
    case "bigint":
      return v.coerce
        .bigint()
        .min(-(2n ** 63n))
        .max(2n ** 63n - 1n)
    case "double":
      return v.number()
    case "decimal":
      return v
        .string()
        .regex(
          decimalPattern(precision, scale),
          `a number with at most ${precision} digits, ${scale} of them behind the point`,
        )
    case "boolean":
      return v.boolean()
    case "timestamp":
      return v.coerce.date()
    case "date":
      return v.string().date()
    case "json":
      return v.json()
    case "bytes":
      return v.unknown().refine((given) => given instanceof Uint8Array)
    case "enum":
      return v.enum(values ?? [])
    case "array":
      return v.array(schemaOf(element!))
  }
}

function decimalPattern(precision: number, scale: number): RegExp {
  const whole = Math.max(precision - scale, 1)
  return scale === 0 ? new RegExp(`^-?\\d{1,${whole}}$`) : new RegExp(`^-?\\d{1,${whole}}(?:\\.\\d{1,${scale}})?$`)
}
