import { constraintName } from "../schema/constraint-name.ts"
import type {
  CheckDescription,
  ColumnDefault,
  ColumnDescription,
  ColumnType,
  ForeignKeyDescription,
  IndexColumn,
  IndexDescription,
  TableOptions,
} from "../schema/description.ts"

/** Text as a literal of TypeScript. */
export function quoted(text: string): string {
  return JSON.stringify(text)
}

/** SQL as it stands in a template. */
export function sqlText(sql: string): string {
  return sql.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${")
}

const template = (sql: string): string => `sql\`${sqlText(sql)}\``

/** `t.text("title", 200).nullable()` */
export function columnCall(column: ColumnDescription, { isPrimary }: { readonly isPrimary: boolean }): string {
  const { name, type, nullable, default: fallback, generated, autoIncrement, collation, comment } = column
  const isUnsigned = type.kind === "integer" && type.unsigned
  return [
    typeCall(name, type),
    ...(isUnsigned ? [".unsigned()"] : []),
    ...(isPrimary ? [".primary()"] : []),
    ...(autoIncrement ? [".autoIncrement()"] : []),
    ...(generated === undefined
      ? []
      : [`.generatedAs(${template(generated.expression)}${generated.stored ? "" : ", { stored: false }"})`]),
    ...(nullable && generated === undefined ? [".nullable()"] : []),
    ...(fallback === undefined ? [] : [defaultCall(fallback)]),
    ...(collation === undefined ? [] : [`.collate(${quoted(collation)})`]),
    ...(comment === undefined ? [] : [`.comment(${quoted(comment)})`]),
  ].join("")
}

function defaultCall(fallback: ColumnDefault): string {
  if (fallback.kind === "now") return ".defaultNow()"
  return fallback.kind === "literal"
    ? `.default(${JSON.stringify(fallback.value)})`
    : `.defaultSql(${template(fallback.sql)})`
}

const INTEGERS: Readonly<Record<number, string>> = { 16: "smallint", 32: "integer", 64: "bigint" }

function typeCall(name: string, type: ColumnType): string {
  const call = (method: string, ...rest: readonly (string | number | undefined)[]) =>
    `t.${method}(${[quoted(name), ...rest].filter((one) => one !== undefined).join(", ")})`
  switch (type.kind) {
    case "integer": {
      const method = INTEGERS[type.bits]
      return method === undefined ? call("native", quoted(type.bits === 8 ? "tinyint" : "mediumint")) : call(method)
    }
    case "float":
      return call(type.bits === 32 ? "real" : "double")
    case "decimal":
      return type.precision === undefined ? call("native", '"numeric"') : call("decimal", type.precision, type.scale)
    case "text":
      return type.fixed ? call("char", type.length) : call("text", type.length)
    case "bytes":
      return call("bytes", type.length)
    case "timestamp": {
      const { kind: _, ...options } = type
      return call("timestamp", Object.keys(options).length === 0 ? undefined : JSON.stringify(options))
    }
    case "enumeration":
      return call(
        "enumeration",
        JSON.stringify(type.values),
        type.name === undefined ? undefined : JSON.stringify({ type: type.name }),
      )
    case "array":
      return call("array", JSON.stringify(type.of))
    case "native":
      return call("native", quoted(type.text))
    default:
      return call(type.kind)
  }
}

function partText({ column, expression, ...rest }: IndexColumn): string {
  if (column === undefined) return template(expression ?? "")
  return Object.keys(rest).length === 0 ? quoted(column) : JSON.stringify({ column, ...rest })
}

export function indexCall(table: string, index: IndexDescription): string {
  const { name, columns, unique, method, where, include } = index
  if (method === "fulltext" && columns.every(({ column }) => column !== undefined))
    return `t.fullText(${JSON.stringify(columns.map(({ column }) => column))})`
  const usual = constraintName(
    table,
    columns.map(({ column }) => column ?? "expression"),
    unique ? "unique" : "index",
  )
  const options = [
    ...(name === usual ? [] : [`name: ${quoted(name)}`]),
    ...(method === undefined ? [] : [`using: ${quoted(method)}`]),
    ...(where === undefined ? [] : [`where: ${template(where)}`]),
    ...(include === undefined ? [] : [`include: ${JSON.stringify(include)}`]),
  ]
  const parts = `[${columns.map(partText).join(", ")}]`
  return `t.${unique ? "unique" : "index"}(${parts}${options.length === 0 ? "" : `, { ${options.join(", ")} }`})`
}

export function foreignCall(table: string, key: ForeignKeyDescription): string {
  const { name, columns, onDelete, onUpdate, deferred } = key
  const options = [
    ...(name === constraintName(table, columns, "foreign") ? [] : [`name: ${quoted(name)}`]),
    ...(onDelete === "no action" ? [] : [`onDelete: ${quoted(onDelete)}`]),
    ...(onUpdate === "no action" ? [] : [`onUpdate: ${quoted(onUpdate)}`]),
    ...(deferred ? ["deferred: true"] : []),
  ]
  const target = `{ table: ${quoted(key.table)}, columns: ${JSON.stringify(key.references)} }`
  return `t.foreign(${JSON.stringify(columns)}, ${target}${options.length === 0 ? "" : `, { ${options.join(", ")} }`})`
}

export function checkCall({ name, expression }: CheckDescription): string {
  return `t.check(${quoted(name)}, ${template(expression)})`
}

export function optionsCall(options: TableOptions): string[] {
  return Object.keys(options).length === 0 ? [] : [`t.options(${JSON.stringify(options)})`]
}
