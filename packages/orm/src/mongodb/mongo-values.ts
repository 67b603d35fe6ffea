import { Binary, Decimal128, Double, Long, UUID } from "mongodb"
import type { ColumnDefinition } from "../columns/column.ts"
import type { TableColumn } from "../model/table.ts"

/**
 * A value as MongoDB keeps it, from what the column's cast makes for PostgreSQL, which has checked it: a uuid as a UUID, a
 * decimal as a Decimal128, a time as a Date, JSON as a document.
 */
export function toBson({ kind, element }: ColumnDefinition, bound: unknown): unknown {
  if (bound === null) return null
  switch (kind) {
    case "uuid":
      return new UUID(bound as string)
    case "bigint":
      return Long.fromBigInt(bound as bigint)
    case "double":
      return new Double(bound as number)
    case "decimal":
      return Decimal128.fromString(bound as string)
    case "timestamp":
      return new Date(bound as string)
    case "json":
      return JSON.parse(bound as string)
    case "bytes":
      return new Binary(bound as Uint8Array)
    case "array":
      return (bound as unknown[]).map((item) => toBson(element!, item))
    default:
      return bound
  }
}

/** What MongoDB gave as what the model promises; null for what is not there. */
export function fromBson({ definition, cast }: TableColumn, raw: unknown): unknown {
  if (raw === null || raw === undefined) return null
  const plain = plainOf(definition, raw)
  // JSON came as a document of its own already.
  const { read } = cast.postgres
  return read === undefined || definition.kind === "json" ? plain : read(plain)
}

function plainOf({ kind, element }: ColumnDefinition, raw: unknown): unknown {
  if (raw instanceof Binary) return raw.sub_type === Binary.SUBTYPE_UUID ? raw.toUUID().toString() : raw.value()
  if (raw instanceof Decimal128) return raw.toString()
  if (raw instanceof Long) return raw.toBigInt()
  if (kind === "array" && Array.isArray(raw)) return raw.map((item) => plainOf(element!, item))
  // Whole numbers may come as any of the server's number types.
  return kind === "integer" || kind === "double" ? Number(raw) : raw
}

/** The name of a column in documents: the key is `_id`. */
export function fieldOf({ name, definition }: TableColumn): string {
  return definition.primary ? "_id" : name
}
