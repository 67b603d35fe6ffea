import { type SqlToken, sqlTokens } from "../sql-tokens.ts"

/** What SQLite keeps of a table only in the text that made it. */
export interface CreateTableText {
  readonly columns: ReadonlyMap<string, ColumnText>
  readonly checks: readonly { readonly name?: string; readonly expression: string }[]
  /** In the order in which they are written. */
  readonly foreignKeys: readonly { readonly name?: string; readonly deferred: boolean }[]
  readonly uniques: readonly { readonly name?: string; readonly columns: readonly string[] }[]
  readonly primaryKeyName?: string
}

export interface ColumnText {
  readonly collation?: string
  readonly autoIncrement: boolean
  readonly generated?: string
}

/** Reads `create table …` of SQLite's own catalogue, which is known to be whole. */
export function readCreateTable(sql: string): CreateTableText {
  const reader = new Reader(sql)
  for (const item of reader.items()) reader.read(item)
  return reader
}

const CONSTRAINTS: ReadonlySet<string> = new Set(["constraint", "primary", "unique", "check", "foreign"])

class Reader implements CreateTableText {
  readonly columns: Map<string, ColumnText> = new Map()
  readonly checks: { name?: string; expression: string }[] = []
  readonly foreignKeys: { name?: string; deferred: boolean }[] = []
  readonly uniques: { name?: string; columns: string[] }[] = []
  primaryKeyName?: string
  readonly #sql: string

  constructor(sql: string) {
    this.#sql = sql
  }

  /** What is between the commas of the list. */
  items(): SqlToken[][] {
    const tokens = sqlTokens(this.#sql, "sqlite").filter(({ kind }) => kind !== "comment")
    const items: SqlToken[][] = [[]]
    let depth = 0
    for (const token of tokens) {
      if (token.raw === ")" && --depth === 0) break
      if (depth > 0) {
        if (token.raw === "," && depth === 1) items.push([])
        else items.at(-1)!.push(token)
      }
      if (token.raw === "(") depth++
    }
    return items
  }

  read(item: readonly SqlToken[]): void {
    const [first] = item
    if (first === undefined) return
    if (first.kind === "word" && CONSTRAINTS.has(first.value)) this.#clauses(item, undefined)
    else this.#clauses(item.slice(1), nameOf(first))
  }

  /** The clauses of a column, or of the table where `column` is missing. */
  #clauses(tokens: readonly SqlToken[], column: string | undefined): void {
    let name: string | undefined
    let text: ColumnText = { autoIncrement: false }
    for (let at = 0; at < tokens.length; at++) {
      const { kind, value, raw } = tokens[at]!
      if (raw === "(") {
        at = closing(tokens, at)
        continue
      }
      if (kind !== "word") continue
      const next = tokens[at + 1]
      const group = () => (at = this.#group(tokens, at).end)
      if (value === "constraint" && next !== undefined) {
        name = nameOf(next)
        at++
        continue
      }
      if (value === "check") this.checks.push({ ...named(name), expression: this.#inside(tokens, at) })
      if (value === "as" && next?.raw === "(") text = { ...text, generated: this.#inside(tokens, at) }
      if (value === "collate" && next !== undefined) text = { ...text, collation: nameOf(next) }
      if (value === "autoincrement") text = { ...text, autoIncrement: true }
      if (value === "primary" && name !== undefined) this.primaryKeyName = name
      if (value === "unique") this.uniques.push({ ...named(name), columns: uniqueColumns(tokens, at, column) })
      if (value === "references") this.foreignKeys.push({ ...named(name), deferred: isDeferred(tokens, at) })
      if (value === "check" || value === "as" || value === "primary" || value === "unique") group()
      // A name belongs to the clause that follows it; FOREIGN KEY (…) REFERENCES is one.
      if (value !== "foreign" && value !== "key") name = undefined
    }
    if (column !== undefined) this.columns.set(column.toLowerCase(), text)
  }

  /** The brackets that begin soon after a token. */
  #group(tokens: readonly SqlToken[], at: number): { start: number; end: number } {
    const start = tokens.findIndex(({ raw }, index) => index > at && raw === "(")
    // `primary key` and `unique` of a column have none of their own: only brackets right behind count.
    if (start < 0 || start > at + 2 || tokens.slice(at + 1, start).some(({ value }) => value !== "key"))
      return { start: at, end: at }
    return { start, end: closing(tokens, start) }
  }

  #inside(tokens: readonly SqlToken[], at: number): string {
    const { start, end } = this.#group(tokens, at)
    return this.#sql.slice(tokens[start]!.end, tokens[end]!.start).trim()
  }
}

function uniqueColumns(tokens: readonly SqlToken[], at: number, column: string | undefined): string[] {
  if (column !== undefined) return [column]
  const end = closing(tokens, at + 1)
  return tokens.slice(at + 2, end).flatMap((token, index, all) => {
    return index === 0 || all[index - 1]!.raw === "," ? [nameOf(token)] : []
  })
}

/** `not deferrable`, and `deferrable` alone, are looked at with each statement. */
function isDeferred(tokens: readonly SqlToken[], at: number): boolean {
  for (let index = at + 1; index < tokens.length; index++) {
    const { kind, value } = tokens[index]!
    if (kind !== "word") continue
    if (value === "deferred") return tokens[index - 1]?.value === "initially" && !isNegated(tokens, index)
    if (["constraint", "check", "unique", "primary", "references", "collate", "default"].includes(value)) return false
  }
  return false
}

function isNegated(tokens: readonly SqlToken[], deferred: number): boolean {
  return tokens[deferred - 3]?.value === "not"
}

function closing(tokens: readonly SqlToken[], open: number): number {
  let depth = 0
  for (let at = open; at < tokens.length; at++) {
    if (tokens[at]!.raw === "(") depth++
    if (tokens[at]!.raw === ")" && --depth === 0) return at
  }
  return tokens.length - 1
}

function named(name: string | undefined): { name?: string } {
  return name === undefined ? {} : { name }
}

/** SQLite takes words, quoted names and even texts for names. */
function nameOf({ kind, raw, value }: SqlToken): string {
  if (kind === "text") return raw.slice(1, -1).replaceAll("''", "'")
  return kind === "name" ? value : raw
}

/** Of `create index … on t (…) where …`: what is in the brackets, one by one, and the condition. */
export function readCreateIndex(sql: string): { readonly columns: readonly string[]; readonly where?: string } {
  const tokens = sqlTokens(sql, "sqlite").filter(({ kind }) => kind !== "comment")
  const open = tokens.findIndex(({ raw }) => raw === "(")
  const close = closing(tokens, open)
  const columns: string[] = []
  let depth = 0
  let start = tokens[open]!.end
  for (let at = open + 1; at <= close; at++) {
    const { raw, start: here, end } = tokens[at]!
    if (at === close || (raw === "," && depth === 0)) {
      columns.push(sql.slice(start, here).trim())
      start = end
    }
    if (raw === "(") depth++
    if (raw === ")") depth--
  }
  const where = tokens[close + 1]?.value === "where" ? sql.slice(tokens[close + 1]!.end).trim() : undefined
  return { columns, ...(where === undefined ? {} : { where }) }
}
