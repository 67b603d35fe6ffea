import type { SchemaChange, TableOperation } from "../schema/changes/change.ts"
import { lossOf } from "../schema/changes/loss.ts"
import { constraintName } from "../schema/constraint-name.ts"
import { type DatabaseDescription, type TableDescription, tableOf } from "../schema/description.ts"
import { checkCall, columnCall, foreignCall, indexCall, optionsCall, quoted, sqlText } from "./write-table.ts"

interface WritingSources {
  /** Where columns, indexes and checks are described as people wrote them, not as a database did: for the way forward. */
  readonly words: DatabaseDescription
  /** The database before the way forward. */
  readonly before: DatabaseDescription
}

/**
 * The source of a migration that makes these changes, and takes them back.
 *
 */
export function writeMigration(
  up: readonly SchemaChange[],
  down: readonly SchemaChange[],
  { words, before }: WritingSources,
): string {
  const forward = up.flatMap((change) => writeChange(change, words, before))
  const back = down.flatMap((change) => writeChange(change))
  const all = [...forward, ...back].join("\n")
  const imports = [
    ...(/\bsql`/.test(all) ? ['import { sql } from "@ashlar/orm"'] : []),
    'import { defineMigration } from "@ashlar/orm/migrations"',
  ]
  const body = (lines: readonly string[]) => lines.map((line) => (line === "" ? "" : `    ${line}`)).join("\n")
  return `${imports.join("\n")}

export default defineMigration({
  up(schema) {
${body(forward)}
  },
  down(schema) {
${body(back)}
  },
})
`
}

/** The same as lines, for people: what a check has found. */
export function changeLines(changes: readonly SchemaChange[], words: DatabaseDescription): readonly string[] {
  return changes.flatMap((change) => writeChange(change, words))
}

function writeChange(change: SchemaChange, words?: DatabaseDescription, before?: DatabaseDescription): string[] {
  const loss = lossOf(change, before)
  // Only forward: whoever goes back knows that what was made goes.
  const warning = loss === undefined || words === undefined ? [] : [`// Destructive: ${loss.replace(/\s+/g, " ")}.`]
  switch (change.kind) {
    case "createTable":
      return createTable(words === undefined ? change.table : withWordsOf(change.table, words))
    case "dropTable":
      return [...warning, `schema.dropTable(${quoted(change.name)})`]
    case "renameTable":
      return [`schema.renameTable(${quoted(change.from)}, ${quoted(change.to)})`]
    case "alterTable":
      return [...warning, ...alterTable(change.table, change.operations, words)]
    case "createEnum":
      return [`schema.createEnum(${quoted(change.enumeration.name)}, ${JSON.stringify(change.enumeration.values)})`]
    case "addEnumValue":
      return [`schema.addEnumValue(${quoted(change.name)}, ${quoted(change.value)})`]
    case "dropEnum":
      return [`schema.dropEnum(${quoted(change.name)})`]
    case "createView":
      return [`schema.sql\`${sqlText(change.sql)}\``]
    case "dropView":
      return [`schema.dropView(${quoted(change.name)})`]
  }
}

/** The table as the models say it, with the keys that come with it in this change: the others follow. */
function withWordsOf(table: TableDescription, words: DatabaseDescription): TableDescription {
  const written = tableOf(words, table.name)
  if (written === undefined) return table
  return {
    ...written,
    foreignKeys: written.foreignKeys.filter(({ name }) => table.foreignKeys.some((key) => key.name === name)),
  }
}

function createTable(table: TableDescription): string[] {
  const [key, ...more] = table.primaryKey?.columns ?? []
  const isOneKey = more.length === 0
  const lines = [
    ...table.columns.map((column) => columnCall(column, { isPrimary: isOneKey && column.name === key })),
    ...(isOneKey || key === undefined ? [] : [`t.primary(${JSON.stringify([key, ...more])})`]),
    ...table.indexes.map((index) => indexCall(table.name, index)),
    ...table.foreignKeys.map((one) => foreignCall(table.name, one)),
    ...table.checks.map(checkCall),
    ...optionsCall(table.options),
  ]
  return [`schema.createTable(${quoted(table.name)}, (t) => {`, ...lines.map((line) => `  ${line}`), "})"]
}

function alterTable(table: string, given: readonly TableOperation[], words: DatabaseDescription | undefined): string[] {
  const written = words === undefined ? undefined : tableOf(words, table)
  const operations = written === undefined ? given : inWords(given, written)
  // An index that is made while others write stands alone.
  const lines = operations.flatMap((operation) => operationLines(table, operation))
  return [`schema.alterTable(${quoted(table)}, (t) => {`, ...lines.map((line) => `  ${line}`), "})"]
}

/** Operations with columns, indexes and checks as people wrote them. The check of an enumeration comes with its column. */
function inWords(operations: readonly TableOperation[], written: TableDescription): readonly TableOperation[] {
  const words = new Map(
    written.columns
      .filter(({ type }) => type.kind === "enumeration")
      .map((column) => [constraintName(written.name, [column.name], "check"), column]),
  )
  const isWordsCheck = (operation: TableOperation) =>
    (operation.kind === "addCheck" && words.has(operation.check.name)) ||
    (operation.kind === "dropCheck" && words.has(operation.name))
  const changed = operations.flatMap((one) =>
    one.kind === "addColumn" || one.kind === "alterColumn" ? [one.column.name] : [],
  )
  const more = operations.flatMap((one): TableOperation[] => {
    const column = one.kind === "addCheck" ? words.get(one.check.name) : undefined
    return column === undefined || changed.includes(column.name) ? [] : [{ kind: "alterColumn", column }]
  })
  const own = operations
    .filter((one) => !isWordsCheck(one))
    .map((operation): TableOperation => {
      const find = <T extends { readonly name: string }>(list: readonly T[], given: T) =>
        list.find(({ name }) => name === given.name) ?? given
      if (operation.kind === "addColumn" || operation.kind === "alterColumn")
        return { ...operation, column: find(written.columns, operation.column) }
      if (operation.kind === "addIndex") {
        const isText = operation.index.method === "gin" || operation.index.method === "fulltext"
        const text = written.indexes.find(({ method }) => method === "fulltext")
        return { ...operation, index: isText && text ? text : find(written.indexes, operation.index) }
      }
      return operation.kind === "addCheck" ? { ...operation, check: find(written.checks, operation.check) } : operation
    })
  return [...own, ...more]
}

function operationLines(table: string, operation: TableOperation): string[] {
  switch (operation.kind) {
    case "addColumn":
      return [columnCall(operation.column, { isPrimary: false })]
    case "alterColumn":
      return [`t.change((t) => ${columnCall(operation.column, { isPrimary: false })})`]
    case "dropColumn":
      return [`t.dropColumn(${quoted(operation.name)})`]
    case "renameColumn":
      return [`t.renameColumn(${quoted(operation.from)}, ${quoted(operation.to)})`]
    case "addIndex":
      return [indexCall(table, operation.index)]
    case "dropIndex":
      return [`t.dropIndex(${quoted(operation.name)})`]
    case "addForeignKey":
      return [foreignCall(table, operation.key)]
    case "dropForeignKey":
      return [`t.dropForeign(${quoted(operation.name)})`]
    case "addCheck":
      return [checkCall(operation.check)]
    case "dropCheck":
      return [`t.dropCheck(${quoted(operation.name)})`]
    case "setPrimaryKey":
      return [operation.key === undefined ? "t.dropPrimary()" : `t.primary(${JSON.stringify(operation.key.columns)})`]
    case "setOptions":
      return [`t.options(${JSON.stringify(operation.options)})`]
  }
}
