import fc from "fast-check"
import { constraintName } from "../src/schema/constraint-name.ts"
import type {
  ColumnDefault,
  ColumnDescription,
  ColumnType,
  DatabaseDescription,
  Flavour,
  ForeignKeyDescription,
  IndexDescription,
  ReferenceAction,
  TableDescription,
} from "../src/schema/description.ts"
import { nameSql } from "../src/schema/sql-text.ts"

/** Names that would be something else if they were ever put into SQL as they are. */
export const HOSTILE_NAMES: readonly string[] = [
  'a"b',
  "a`b",
  "a'b",
  "a;b",
  "a--b",
  "select",
  "Upper Case",
  "ünï",
  "a.b",
  'x"; drop table users; --',
  "x`; drop table users; -- y",
  "$1",
  "?",
]

const types = fc.constantFrom<ColumnType>(
  { kind: "integer", bits: 16 },
  { kind: "integer", bits: 32 },
  { kind: "integer", bits: 64 },
  { kind: "float", bits: 64 },
  { kind: "decimal", precision: 12, scale: 2 },
  { kind: "text" },
  { kind: "text", length: 40 },
  { kind: "bytes" },
  { kind: "boolean" },
  { kind: "uuid" },
  { kind: "date" },
  { kind: "json" },
  { kind: "timestamp" },
  { kind: "enumeration", values: ["one", "it's", "a\\b"] },
)

function defaultOf(type: ColumnType): fc.Arbitrary<ColumnDefault | undefined> {
  const literal = (value: string | number | boolean): ColumnDefault => ({ kind: "literal", value })
  switch (type.kind) {
    case "integer":
      return fc.option(fc.integer({ min: -9, max: 9 }).map(literal), { nil: undefined })
    case "boolean":
      return fc.option(fc.boolean().map(literal), { nil: undefined })
    case "timestamp":
      return fc.option(fc.constant<ColumnDefault>({ kind: "now" }), { nil: undefined })
    case "text":
      // MySQL gives no default to text of any length.
      return type.length === undefined
        ? fc.constant(undefined)
        : fc.option(fc.constantFrom("", "it's", "\\", "a\nb", "null").map(literal), { nil: undefined })
    case "enumeration":
      return fc.option(fc.constantFrom(...type.values.slice(0, 2)).map(literal), { nil: undefined })
    default:
      return fc.constant(undefined)
  }
}

/** Types that become one another with their values. */
const FAMILIES: Readonly<Record<string, readonly ColumnType[]>> = {
  a: [
    { kind: "integer", bits: 16 },
    { kind: "integer", bits: 32 },
    { kind: "integer", bits: 64 },
  ],
  b: [{ kind: "text", length: 40 }, { kind: "text", length: 80 }, { kind: "text" }],
  c: [{ kind: "boolean" }],
  d: [
    { kind: "decimal", precision: 12, scale: 2 },
    { kind: "decimal", precision: 14, scale: 4 },
  ],
  e: [
    { kind: "enumeration", values: ["one", "two"] },
    { kind: "enumeration", values: ["one", "two", "three"] },
  ],
  f: [{ kind: "timestamp" }],
}

function column(name: string, isOfFamily: boolean): fc.Arbitrary<ColumnDescription> {
  const ofName = isOfFamily ? fc.constantFrom(...FAMILIES[name]!) : types
  return ofName.chain((type) =>
    fc.record({ fallback: defaultOf(type), nullable: fc.boolean() }).map(({ fallback, nullable }) => ({
      name,
      type,
      nullable,
      ...(fallback === undefined ? {} : { default: fallback }),
    })),
  )
}

const keyable = ({ type }: ColumnDescription): boolean =>
  ["integer", "uuid", "date", "boolean", "timestamp"].includes(type.kind) ||
  (type.kind === "text" && type.length !== undefined)

function indexes(
  table: string,
  columns: readonly ColumnDescription[],
  flavour: Flavour,
): fc.Arbitrary<IndexDescription[]> {
  const names = columns.filter(keyable).map(({ name }) => name)
  if (names.length === 0) return fc.constant([])
  const one = fc.record({
    parts: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }),
    descending: fc.boolean(),
    unique: fc.boolean(),
    partial: fc.boolean(),
  })
  return fc.array(one, { maxLength: 2 }).map((list) => {
    const made = list.map(({ parts, descending, unique, partial }): IndexDescription => {
      const where = partial && flavour !== "mysql" && flavour !== "mariadb"
      return {
        name: constraintName(table, parts, unique ? "unique" : "index"),
        columns: parts.map((name, at) => ({ column: name, ...(descending && at === 0 ? { descending } : {}) })),
        unique,
        ...(where ? { where: `${nameSql(parts[0]!, flavour)} is not null` } : {}),
      }
    })
    return [...new Map(made.map((index) => [index.name, index])).values()]
  })
}

interface Naming {
  readonly tables: readonly string[]
  readonly columns: readonly string[]
  readonly isOfFamily: boolean
}

function table(
  name: string,
  flavour: Flavour,
  { tables: all, columns: columnNames, isOfFamily }: Naming,
): fc.Arbitrary<TableDescription> {
  const own = fc
    .uniqueArray(fc.constantFrom(...columnNames), { minLength: 1, maxLength: 4 })
    .chain((names) => fc.tuple(...names.map((one) => column(one, isOfFamily))))
  return own.chain((columns) => {
    const parent = fc.option(
      fc.record({
        table: fc.constantFrom(...all),
        onDelete: fc.constantFrom<ReferenceAction>("cascade", "set null", "no action"),
      }),
      { nil: undefined },
    )
    const check = fc.boolean()
    const isParentIndexed = fc.boolean()
    return fc.record({ parent, check, isParentIndexed, indexes: indexes(name, columns, flavour) }).map((parts) => {
      const numbers = columns.filter(({ type }) => type.kind === "integer")
      const keys: ForeignKeyDescription[] =
        parts.parent === undefined
          ? []
          : [
              {
                name: constraintName(name, ["parent_id"], "foreign"),
                columns: ["parent_id"],
                table: parts.parent.table,
                references: ["id"],
                onDelete: parts.parent.onDelete,
                onUpdate: "no action",
              },
            ]
      return {
        name,
        columns: [
          {
            name: "id",
            type: { kind: "integer", bits: flavour === "sqlite" ? 32 : 64 },
            nullable: false,
            autoIncrement: true,
          },
          ...columns,
          ...(keys.length === 0 && !isOfFamily
            ? []
            : [{ name: "parent_id", type: { kind: "integer", bits: 64 } as const, nullable: true }]),
        ],
        primaryKey: { columns: ["id"] },
        indexes: [
          ...parts.indexes,
          ...(parts.isParentIndexed && (isOfFamily || keys.length > 0)
            ? [
                {
                  name: constraintName(name, ["parent_id"], "index"),
                  columns: [{ column: "parent_id" }],
                  unique: false,
                },
              ]
            : []),
        ],
        foreignKeys: keys,
        checks:
          parts.check && numbers[0]
            ? [
                {
                  name: constraintName(name, ["small"], "check"),
                  expression: `${nameSql(numbers[0].name, flavour)} > -100`,
                },
              ]
            : [],
        options: {},
      }
    })
  })
}

/**
 * Databases of a few tables, as no person would make them.
 *
 * @param isOfFamily Whether columns of one name have types that become one another; else names and types are any.
 */
export function databases(flavour: Flavour, isOfFamily = false): fc.Arbitrary<DatabaseDescription> {
  const names = ["users", "posts", "tags", ...(isOfFamily ? [] : HOSTILE_NAMES.slice(0, 3))]
  const columns = isOfFamily ? Object.keys(FAMILIES) : ["a", "b", "c", "d", ...HOSTILE_NAMES]
  return fc
    .uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
    .chain((tables) => fc.tuple(...tables.map((name) => table(name, flavour, { tables, columns, isOfFamily }))))
    .map((tables) => ({
      flavour,
      tables: [...tables].sort((a, b) => (a.name < b.name ? -1 : 1)),
      enums: [],
      opaque: [],
    }))
}
