import { toSnake } from "../model/table.ts"
import type {
  ColumnDescription,
  ColumnType,
  DatabaseDescription,
  Flavour,
  TableDescription,
} from "../schema/description.ts"
import { portableType } from "../schema/portable-type.ts"
import { quoted, sqlText } from "./write-table.ts"

/** The source of models for the tables of a database, all in one file: they name each other. */
export function writeModels(database: DatabaseDescription): string {
  const names = classNames(database.tables)
  const classes = database.tables
    .filter(({ columns }) => columns.length > 0)
    .map((table) => new ModelText(table, database, names).text())
  const body = classes.join("\n")
  const used = IMPORTS.filter((name) => new RegExp(`(?:^|[^.\\w])${name}[(\`]`, "m").test(body))
  return `import { ${["Model", ...used].join(", ")} } from "@ashlar/orm"

${body}`
}

const IMPORTS: readonly string[] = [
  "array",
  "belongsTo",
  "bigint",
  "boolean",
  "bytes",
  "date",
  "decimal",
  "double",
  "enumeration",
  "fullText",
  "hasMany",
  "index",
  "integer",
  "json",
  "sql",
  "text",
  "timestamp",
  "uniqueIndex",
  "uuid",
]

/** `order_items` is `OrderItem`; two that would be called alike are told apart by a number. */
function classNames(tables: readonly TableDescription[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Set(["Model"])
  for (const { name } of tables) {
    const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "")
    const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")
    const singular = joined.replace(/ies$/, "y").replace(/([^su])s$/, "$1") || "Table"
    const start = /^\p{L}/u.test(singular) ? singular : `Table${singular}`
    let own = start
    for (let count = 2; taken.has(own); count++) own = `${start}${count}`
    taken.add(own)
    names.set(name, own)
  }
  return names
}

/** Names that a row has already. */
const TAKEN: ReadonlySet<string> = new Set(
  "save update delete restore refresh changes isDirty isNew toJSON then constructor __proto__ hasOwnProperty toString valueOf".split(
    " ",
  ),
)

class ModelText {
  readonly #table: TableDescription
  readonly #flavour: Flavour
  readonly #classes: ReadonlyMap<string, string>
  readonly #isSnake: boolean
  readonly #properties: ReadonlyMap<string, string>
  /** What the words of models do not say. */
  readonly #unsaid: string[] = []

  readonly #tables: readonly TableDescription[]

  constructor(
    table: TableDescription,
    { flavour, tables }: Pick<DatabaseDescription, "flavour" | "tables">,
    classes: ReadonlyMap<string, string>,
  ) {
    this.#table = table
    this.#tables = tables
    this.#flavour = flavour
    this.#classes = classes
    const names = table.columns.map(({ name }) => name)
    this.#isSnake = isSnake(table)
    this.#properties = this.#nameProperties(names)
  }

  /** What this table points at, and what points at it by one column. */
  #relations(): string[] {
    const taken = new Set([...TAKEN, ...this.#properties.values()])
    const free = (start: string): string => {
      let name = start
      for (let count = 2; taken.has(name); count++) name = `${start}${count}`
      taken.add(name)
      return name
    }
    const own = singleKeys(this.#table).map(({ table, columns: [column = ""] }) => {
      const property = this.#property(column)
      const word = property.replace(/(?<=.)_?(?:id|ID|Id)$/, "")
      const name = word === property ? lowerFirst(this.#classes.get(table) ?? table) : lowerFirst(word)
      return `${free(name)}: belongsTo(() => ${this.#classes.get(table)}, { foreignKey: ${quoted(property)} })`
    })
    const others = this.#tables.flatMap((child) =>
      singleKeys(child)
        .filter(({ table }) => table === this.#table.name)
        .map(({ columns: [column = ""] }, at) => {
          const property = isSnake(child) ? toCamel(column) : column
          const word = lowerFirst(toCamel(child.name).replace(/[^\p{L}\p{N}_$]+/gu, "_"))
          const name = free(at === 0 ? (/s$/.test(word) ? word : `${word}s`) : `${word}By${upperFirst(property)}`)
          return `${name}: hasMany(() => ${this.#classes.get(child.name)}, { foreignKey: ${quoted(property)} })`
        }),
    )
    return [...own, ...others]
  }

  #nameProperties(names: readonly string[]): ReadonlyMap<string, string> {
    const taken = new Set(TAKEN)
    return new Map(
      names.map((name) => {
        const start =
          (this.#isSnake ? toCamel(name) : name).replace(/[^\p{L}\p{N}_$]+/gu, "_").replace(/^(?=\p{N})/u, "_") || "_"
        let property = start
        for (let count = 2; taken.has(property); count++) property = `${start}${count}`
        taken.add(property)
        return [name, property] as const
      }),
    )
  }

  text(): string {
    const { name } = this.#table
    const columns = this.#table.columns.map((column) => `    ${this.#property(column.name)}: ${this.#column(column)},`)
    const indexes = this.#indexes()
    const relations = this.#relations()
    const lines = [
      `export class ${this.#classes.get(name)} extends Model {`,
      `  static table = ${quoted(name)}`,
      ...(this.#isSnake ? ['  static naming = "snake" as const'] : []),
      "  static columns = {",
      ...columns,
      "  }",
      ...(indexes.length === 0 ? [] : ["  static indexes = [", ...indexes.map((one) => `    ${one},`), "  ]"]),
      ...(relations.length === 0 ? [] : ["  static relations = {", ...relations.map((one) => `    ${one},`), "  }"]),
      "}",
      "",
    ]
    const notes = this.#unsaid.map((what) => `// Only in the database: ${what.replace(/\s+/g, " ")}`)
    return [...notes, ...lines].join("\n")
  }

  #property(column: string): string {
    return this.#properties.get(column) ?? column
  }

  #column(column: ColumnDescription): string {
    const { name, nullable, generated } = column
    const type = portableType(column.type, this.#flavour)
    const keys = this.#table.primaryKey?.columns ?? []
    const isKey = keys.includes(name)
    const property = this.#property(name)
    const isNamed = (this.#isSnake ? toSnake(property) : property) !== name
    if (column.type.kind === "native" && type.kind === "text" && !/char|text|clob/i.test(column.type.text))
      this.#unsaid.push(`the type ${column.type.text} of ${name}`)
    return [
      typeWords(type),
      ...(isKey ? [this.#primary(column, type, keys.length)] : []),
      ...(isNamed ? [`.named(${quoted(name)})`] : []),
      ...(generated === undefined
        ? []
        : [`.generated(sql\`${sqlText(generated.expression)}\`${generated.stored ? "" : ", { stored: false }"})`]),
      ...(nullable && !isKey && generated === undefined ? [".nullable()"] : []),
      ...this.#default(column, type),
      ...this.#single(name, true),
      ...this.#single(name, false),
      ...this.#reference(name),
      ...this.#check(column),
    ].join("")
  }

  /** SQLite counts an INTEGER that is the key by itself. */
  #primary({ autoIncrement }: ColumnDescription, type: ColumnType, keyCount: number): string {
    const isRowid = this.#flavour === "sqlite" && keyCount === 1
    const isGiven = type.kind === "integer" && !autoIncrement && !isRowid
    return isGiven || (type.kind === "uuid" && keyCount > 1) ? ".primary({ generated: false })" : ".primary()"
  }

  #default({ default: fallback, generated }: ColumnDescription, { kind, ...type }: ColumnType): string[] {
    if (fallback === undefined || generated !== undefined) return []
    const now = {
      sqlite: "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
      postgres: "now()",
      mysql: "current_timestamp(3)",
      mariadb: "current_timestamp(3)",
    }
    if (fallback.kind === "now") return [`.defaultSql(sql\`${now[this.#flavour]}\`)`]
    if (fallback.kind === "expression") return [`.defaultSql(sql\`${sqlText(fallback.sql)}\`)`]
    const { value } = fallback
    if (kind === "integer" && "bits" in type && type.bits === 64 && /^-?\d+$/.test(String(value)))
      return [`.default(${value}n)`]
    if (kind === "text" || kind === "enumeration" || kind === "decimal" || kind === "uuid")
      return [`.default(${quoted(String(value))})`]
    if (kind === "boolean" || kind === "float" || kind === "integer") return [`.default(${JSON.stringify(value)})`]
    return [`.defaultSql(sql\`'${sqlText(String(value).replaceAll("'", "''"))}'\`)`]
  }

  #single(column: string, unique: boolean): string[] {
    const index = this.#table.indexes.find(
      (one) => one.unique === unique && isPlain(one) && one.columns.length === 1 && one.columns[0]?.column === column,
    )
    return index === undefined ? [] : [unique ? ".unique()" : ".index()"]
  }

  #reference(column: string): string[] {
    const key = this.#table.foreignKeys.find(({ columns }) => columns.length === 1 && columns[0] === column)
    const target = key === undefined ? undefined : this.#classes.get(key.table)
    if (key === undefined || target === undefined) return []
    const options = [
      ...(key.onDelete === "no action" || key.onDelete === "set default" ? [] : [`onDelete: ${quoted(key.onDelete)}`]),
      ...(key.onUpdate === "no action" || key.onUpdate === "set default" ? [] : [`onUpdate: ${quoted(key.onUpdate)}`]),
    ]
    return [`.references(() => ${target}${options.length === 0 ? "" : `, { ${options.join(", ")} }`})`]
  }

  /** The one condition that is called as a model would call it. */
  #check({ name, type }: ColumnDescription): string[] {
    const check = this.#table.checks.find((one) => one.name === `${this.#table.name}_${name}_check`)
    return check === undefined || type.kind === "enumeration" ? [] : [`.check(sql\`${sqlText(check.expression)}\`)`]
  }

  #indexes(): string[] {
    const { indexes, checks, foreignKeys, columns, name } = this.#table
    const own = new Set(columns.map((column) => `${name}_${column.name}_check`))
    this.#unsaid.push(...checks.filter((check) => !own.has(check.name)).map((check) => `check ${check.name}`))
    this.#unsaid.push(...foreignKeys.filter((key) => key.columns.length > 1).map((key) => `foreign key ${key.name}`))
    return indexes.flatMap((index) => {
      const properties = index.columns.map(({ column = "" }) => quoted(this.#property(column))).join(", ")
      if (index.method === "fulltext" && index.columns.every(({ column }) => column)) return [`fullText(${properties})`]
      if (!isPlain(index)) {
        this.#unsaid.push(`index ${index.name}`)
        return []
      }
      return index.columns.length === 1 ? [] : [`${index.unique ? "uniqueIndex" : "index"}(${properties})`]
    })
  }
}

function isPlain({ columns, method, where, include }: TableDescription["indexes"][number]): boolean {
  return (
    method === undefined &&
    where === undefined &&
    include === undefined &&
    columns.every(
      ({ column, descending, prefix, modifier }) =>
        column && !descending && prefix === undefined && modifier === undefined,
    )
  )
}

function isSnake({ columns }: TableDescription): boolean {
  const names = columns.map(({ name }) => name)
  return names.some((name) => name.includes("_")) && names.every((name) => toSnake(toCamel(name)) === name)
}

/** Keys of one column with a name that is a word: those that a relation can be told by. */
function singleKeys({ foreignKeys }: TableDescription): TableDescription["foreignKeys"] {
  return foreignKeys.filter(
    ({ columns }) => columns.length === 1 && /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(columns[0] ?? ""),
  )
}

const lowerFirst = (word: string): string => word.charAt(0).toLowerCase() + word.slice(1)
const upperFirst = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

function toCamel(name: string): string {
  return name.replace(/_+([\p{L}\p{N}])/gu, (_, letter: string) => letter.toUpperCase())
}

function typeWords(type: ColumnType): string {
  switch (type.kind) {
    case "integer":
      return type.bits === 64 || (type.bits === 32 && type.unsigned) ? "bigint()" : "integer()"
    case "float":
      return "double()"
    case "decimal":
      return `decimal(${Math.min(type.precision ?? 38, 38)}, ${Math.min(type.scale ?? (type.precision === undefined ? 10 : 0), 30)})`
    case "text":
      return type.length === undefined || type.length < 1 || type.length > 16_383 ? "text()" : `text(${type.length})`
    case "enumeration":
      return `enumeration([${type.values.map(quoted).join(", ")}])`
    case "array":
      return `array(${typeWords(type.of)})`
    case "time":
    case "native":
      return "text()"
    default:
      return `${type.kind}()`
  }
}
