import type { BoundValue, Dialect, Statement } from "./driver.ts"
import { OrmIdentifierInvalid, OrmValueInvalid } from "./errors.ts"
import { checkValues } from "./values.ts"

/** SQLite takes 32,766 values, PostgreSQL 65,535. */
const MAX_VALUES = 32_000
const MAX_IDENTIFIER_BYTES = 63
const MAX_DEPTH = 64

/** SQL with its values beside it. Nothing that was put into the template is ever part of the text but other SQL and quoted names. */
export class Sql {
  readonly #strings: TemplateStringsArray | readonly string[]
  readonly #parts: readonly unknown[]

  /** @internal Made by {@link sql}. */
  constructor(strings: TemplateStringsArray | readonly string[], parts: readonly unknown[]) {
    this.#strings = strings
    this.#parts = parts
  }

  /**
   * The text in a dialect's words, and the values in their order. The text of a template that holds values only is made
   * once for each dialect, however often the template is run.
   *
   * @throws {ORM_VALUE_INVALID} for what cannot be bound, and beyond 32,000 values.
   */
  compile(dialect: Dialect): Statement {
    const isFlat = !this.#parts.some((part) => part instanceof Sql || part instanceof Identifier)
    if (isFlat) return { text: flatText(this.#strings, dialect), values: checkCount(checkValues(this.#parts, dialect)) }
    const writing: Writing = { dialect, text: "", values: [] }
    this.#write(writing, 0)
    return { text: writing.text, values: checkCount(checkValues(writing.values, dialect)) }
  }

  /**
   * The text around each value, and the values: for SQL that becomes part of what is numbered elsewhere.
   * @internal @throws {ORM_VALUE_INVALID}
   */
  pieces(dialect: Dialect): { readonly texts: readonly string[]; readonly values: readonly BoundValue[] } {
    const { texts, values } = this.#collect(dialect, 0)
    return { texts, values: checkCount(checkValues(values, dialect)) }
  }

  #collect(dialect: Dialect, depth: number): { texts: string[]; values: unknown[] } {
    if (depth > MAX_DEPTH) throw new OrmValueInvalid(`SQL is nested deeper than ${MAX_DEPTH} templates.`)
    const texts = [this.#strings[0]!]
    const values: unknown[] = []
    this.#parts.forEach((part, index) => {
      const after = this.#strings[index + 1]!
      if (part instanceof Sql) {
        const inner = part.#collect(dialect, depth + 1)
        texts.push(`${texts.pop()}${inner.texts[0]}`, ...inner.texts.slice(1))
        texts.push(`${texts.pop()}${after}`)
        values.push(...inner.values)
      } else if (part instanceof Identifier) texts.push(`${texts.pop()}${part.quote(dialect)}${after}`)
      else {
        values.push(part)
        texts.push(after)
      }
    })
    return { texts, values }
  }

  #write(writing: Writing, depth: number): void {
    if (depth > MAX_DEPTH) throw new OrmValueInvalid(`SQL is nested deeper than ${MAX_DEPTH} templates.`)
    writing.text += this.#strings[0]
    this.#parts.forEach((part, index) => {
      if (part instanceof Sql) part.#write(writing, depth + 1)
      else if (part instanceof Identifier) writing.text += part.quote(writing.dialect)
      else {
        writing.values.push(part)
        writing.text += placeholder(writing.dialect, writing.values.length)
      }
      writing.text += this.#strings[index + 1]
    })
  }
}

interface Writing {
  readonly dialect: Dialect
  text: string
  readonly values: unknown[]
}

/** A name of a table, column or alias, quoted as each dialect does. */
class Identifier {
  readonly #names: readonly string[]

  constructor(names: readonly string[]) {
    this.#names = names
  }

  quote(dialect: Dialect): string {
    return this.#names.map((name) => quoteIdentifier(name, dialect)).join(".")
  }
}

/** @throws {ORM_IDENTIFIER_INVALID} */
function checkIdentifier(name: unknown): string {
  const isName =
    typeof name === "string" &&
    name !== "" &&
    !name.includes("\0") &&
    name.isWellFormed() &&
    // A longer name PostgreSQL would cut, so that it is another one.
    new TextEncoder().encode(name).length <= MAX_IDENTIFIER_BYTES
  if (!isName) throw new OrmIdentifierInvalid()
  return name
}

/** A name as a dialect quotes it. @throws {ORM_IDENTIFIER_INVALID} */
export function quoteName(name: string, dialect: Dialect): string {
  return quoteIdentifier(checkIdentifier(name), dialect)
}

function quoteIdentifier(name: string, dialect: Dialect): string {
  if (dialect === "mysql" && /[\u{10000}-\u{10ffff}]/u.test(name))
    throw new OrmIdentifierInvalid("MySQL takes no characters beyond U+FFFF in a name.")
  return dialect === "mysql" ? `\`${name.replaceAll("`", "``")}\`` : `"${name.replaceAll('"', '""')}"`
}

function placeholder(dialect: Dialect, position: number): string {
  return dialect === "postgres" ? `$${position}` : "?"
}

/** By identity of the template: one entry for each place in the source, gone with it. */
const flatTexts: Record<"numbered" | "plain", WeakMap<readonly string[], string>> = {
  numbered: new WeakMap(),
  plain: new WeakMap(),
}

function flatText(strings: readonly string[], dialect: Dialect): string {
  const texts = flatTexts[dialect === "postgres" ? "numbered" : "plain"]
  const known = texts.get(strings)
  if (known !== undefined) return known
  const text = strings.reduce((before, string, index) => before + placeholder(dialect, index) + string)
  texts.set(strings, text)
  return text
}

function checkCount<T>(values: readonly T[]): readonly T[] {
  if (values.length <= MAX_VALUES) return values
  throw new OrmValueInvalid(
    `Expected at most ${MAX_VALUES} values in one statement, got ${values.length}. Send it in parts.`,
  )
}

/** Writes SQL: `sql\`select * from ${sql.id("users")} where id = ${id}\``. */
export interface SqlTag {
  /** Values are bound, {@link SqlTag.id names} quoted, other SQL put in its place. */
  (strings: TemplateStringsArray, ...parts: readonly unknown[]): Sql
  /**
   * A name, quoted: `sql.id("users")`, `sql.id("users", "email")` for `"users"."email"`. Quoting keeps a name from being
   * read as SQL; whether a caller may use that column, an allow-list says.
   *
   * @throws {ORM_IDENTIFIER_INVALID} unless each is 1 to 63 bytes of text without NUL.
   */
  id(...names: readonly [string, ...string[]]): unknown
  /** `(a, b, c)` of bound values, as `in` takes it; `(null)`, which is in nothing, for none. */
  list(values: readonly unknown[]): Sql
  /** Several pieces of SQL with another between them, a comma if none is given. */
  join(pieces: readonly Sql[], separator?: Sql): Sql
}

function tag(strings: TemplateStringsArray, ...parts: readonly unknown[]): Sql {
  // Only a template has `raw`: a call with text made elsewhere would be the hole that this is there to close.
  if (!Array.isArray(strings) || !Object.hasOwn(strings, "raw") || strings.length !== parts.length + 1)
    throw new OrmValueInvalid("Write sql`…` as a template; it is not called with text.")
  return new Sql(strings, parts)
}

function list(values: readonly unknown[]): Sql {
  if (values.length === 0) return new Sql(["(null)"], [])
  return new Sql(["(", ...Array<string>(values.length - 1).fill(", "), ")"], [...values])
}

const comma = new Sql([", "], [])

function join(pieces: readonly Sql[], separator: Sql = comma): Sql {
  const parts = pieces.flatMap((piece, index) => (index === 0 ? [piece] : [separator, piece]))
  if (!parts.every((part) => part instanceof Sql)) throw new OrmValueInvalid("sql.join takes sql`…` only.")
  return new Sql(Array<string>(parts.length + 1).fill(""), parts)
}

export const sql: SqlTag = Object.assign(tag, {
  id: (...names: readonly [string, ...string[]]): unknown => new Identifier(names.map(checkIdentifier)),
  list,
  join,
})
