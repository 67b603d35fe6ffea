import type { Flavour } from "../schema/description.ts"
import { type SqlToken, sqlTokens } from "../schema/sql-tokens.ts"

/** The statements of a `.sql` migration: those behind `-- up`, and those behind `-- down`. Without either line all are forward. */
export interface SqlFile {
  readonly up: readonly string[]
  readonly down: readonly string[] | undefined
}

const MARK = /^--[ \t]*(up|down)[ \t]*$/gim

export function parseSqlFile(text: string, flavour: Flavour): SqlFile {
  const sections: { up?: string; down?: string } = {}
  let name: "up" | "down" = "up"
  let at = 0
  for (const mark of text.matchAll(MARK)) {
    sections[name] = (sections[name] ?? "") + text.slice(at, mark.index)
    name = mark[1]!.toLowerCase() as "up" | "down"
    sections[name] ??= ""
    at = mark.index + mark[0].length
  }
  sections[name] = (sections[name] ?? "") + text.slice(at)
  return {
    up: splitStatements(sections.up ?? "", flavour),
    down: sections.down === undefined ? undefined : splitStatements(sections.down, flavour),
  }
}

/** Bodies with statements of their own, which end in `;` too. */
const BODY = /^create(?:or|replace|temp|temporary|definer)*(?:trigger|procedure|function|event)/
const OPENS: ReadonlySet<string> = new Set(["begin", "case"])
const NOT_CLOSED: ReadonlySet<string> = new Set(["if", "loop", "while", "repeat"])

/** SQL at its semicolons: not those in texts, comments, PostgreSQL's `$$` or the body of a trigger. */
export function splitStatements(text: string, flavour: Flavour): readonly string[] {
  const statements: string[] = []
  let tokens: SqlToken[] = []
  let depth = 0
  const finish = () => {
    const [first] = tokens
    if (first !== undefined) statements.push(text.slice(first.start, tokens.at(-1)!.end))
    tokens = []
    depth = 0
  }
  const all = sqlTokens(text, flavour)
  for (const [at, token] of all.entries()) {
    if (token.raw === ";" && depth <= 0) {
      finish()
      continue
    }
    if (token.kind === "comment" && tokens.length === 0) continue
    tokens.push(token)
    if (token.kind !== "word" || flavour === "postgres") continue
    if (!isInBody(tokens)) continue
    if (token.value === "end" && !NOT_CLOSED.has(all[at + 1]?.value ?? "")) depth--
    else if (OPENS.has(token.value) && all[at - 1]?.value !== "end") depth++
  }
  finish()
  return statements
}

function isInBody(tokens: readonly SqlToken[]): boolean {
  const start = tokens
    .filter(({ kind }) => kind === "word")
    .slice(0, 6)
    .map(({ value }) => value)
    .join("")
  return BODY.test(start)
}
