/** What a statement touches, by the names in its text, in lower case and without a schema. */
export interface StatementTables {
  readonly read: readonly string[]
  readonly written: readonly string[]
  /** Whether it changes something, whatever the names. */
  readonly isWrite: boolean
}

const NAME = `(?:(?:"(?:[^"]|"")+"|\`(?:[^\`]|\`\`)+\`|[\\p{L}_][\\p{L}\\p{N}_$]*)\\s*\\.\\s*)?("(?:[^"]|"")+"|\`(?:[^\`]|\`\`)+\`|[\\p{L}_][\\p{L}\\p{N}_$]*)`
const WRITTEN = new RegExp(
  `\\b(?:insert(?:\\s+(?:ignore|or\\s+\\w+))?\\s+into|replace\\s+into|merge\\s+into|update(?:\\s+(?:ignore|or\\s+\\w+))?|delete\\s+from|truncate(?:\\s+table)?|(?:drop|alter)\\s+table(?:\\s+if\\s+exists)?)\\s+(?:only\\s+)?${NAME}`,
  "giu",
)
const READ = new RegExp(`\\b(?:from|join|using)\\s+(?:only\\s+|lateral\\s+)?${NAME}`, "giu")
/** What follows a table in a list: \`from a, b as x, c\`. */
const NEXT = new RegExp(
  `\\s*(?:(?:as\\s+)?(?!where\\b|join\\b|on\\b|order\\b|group\\b|limit\\b)[\\p{L}_"\`][^\\s,()]*)?\\s*,\\s*${NAME}`,
  "iuy",
)
const WRITES = /\b(?:insert|replace|merge|update|delete|truncate|drop|alter|create|call|copy)\b/i
/** Texts and comments, in which names mean nothing. */
const SILENT = /'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$/g

/**
 * Reads the names out of SQL. It rather finds too many (an alias, a name of a subquery): each costs a query made anew. What only
 * triggers, foreign keys or functions touch has no name here.
 */
export function tablesOf(text: string): StatementTables {
  const known = remembered.get(text)
  if (known !== undefined) return known
  const said = text.replaceAll(SILENT, "''")
  const read = new Set<string>()
  for (const match of said.matchAll(READ)) {
    read.add(plain(match[1]!))
    NEXT.lastIndex = match.index + match[0].length
    for (let next = NEXT.exec(said); next !== null; next = NEXT.exec(said)) read.add(plain(next[1]!))
  }
  const written = new Set<string>()
  for (const match of said.matchAll(WRITTEN)) written.add(plain(match[1]!))
  const tables = { read: [...read], written: [...written], isWrite: WRITES.test(said) }
  if (remembered.size >= MAX_REMEMBERED) remembered.clear()
  remembered.set(text, tables)
  return tables
}

/** Statements of an app are few, and their texts many. */
const MAX_REMEMBERED = 1_000
const remembered = new Map<string, StatementTables>()

function plain(name: string): string {
  return name.replaceAll(/^["`]|["`]$/g, "").toLowerCase()
}
