import type { AshlarError } from "@ashlar/core"
import { SqliteStatementRefused } from "./errors.ts"

/** What the guard learnt about one statement. */
export interface StatementKind {
  /** The first keyword, in capitals. */
  readonly verb: string
  /** True for DELETE and DROP: the statement makes room, so it may run on a full disk. */
  readonly frees: boolean
}

/**
 * Statements that end, nest or leave the shared transaction. A failed `INSERT OR ROLLBACK` or `RAISE(ROLLBACK)` would throw
 * away the writes of every other caller in the group, so the bare word ROLLBACK is refused wherever it stands.
 */
const transactional = new Set(["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"])
const foreign = new Set(["ATTACH", "DETACH", "PRAGMA", "VACUUM"])
const reading = new Set(["SELECT", "WITH", "VALUES", "EXPLAIN"])

/** White space and comments; strings and quoted names; words; anything else by the character. */
const token =
  /(?:\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])|([A-Za-z_][\w$]*)|([\s\S])/g

/**
 * Reads one statement far enough to know that it is one, and of which kind. Called once per distinct SQL text: the
 * prepared statement is cached after.
 *
 * @throws {SQLITE_STATEMENT_REFUSED} when it is empty, more than one, or would break the shared transaction.
 */
export function inspectStatement(sql: string): StatementKind {
  let verb = ""
  let ended = false
  let trigger = false
  let depth = 0
  let words = 0
  for (const [, quoted, rawWord, mark] of sql.matchAll(token)) {
    if (quoted === undefined && rawWord === undefined && mark === undefined) continue
    if (ended && mark !== ";") throw refused("more than one statement", sql)
    const word = rawWord?.toUpperCase()
    if (word !== undefined) {
      if (words === 0) verb = word
      // CREATE [TEMP] TRIGGER … BEGIN … END: the body holds statements of its own, each with a semicolon.
      if (verb === "CREATE" && words <= 2 && word === "TRIGGER") trigger = true
      if (trigger && (word === "BEGIN" || word === "CASE")) depth++
      if (trigger && word === "END") depth--
      words++
      if (word === "ROLLBACK") throw refused("ROLLBACK, alone or in a conflict clause", sql)
      if (word === "DEFERRED") throw refused("DEFERRED: a constraint checked at COMMIT would fail every caller", sql)
    }
    if (mark === ";" && depth === 0) ended = true
  }
  if (verb === "") throw refused("no statement", sql)
  if (transactional.has(verb)) throw refused(`${verb}, which would end or nest the shared transaction`, sql)
  if (foreign.has(verb)) throw refused(verb, sql)
  return { verb, frees: verb === "DELETE" || verb === "DROP" }
}

/**
 * The guard of read-only connections, where even BEGIN is harmful: it would pin a snapshot and let the WAL grow.
 *
 * @throws {SQLITE_STATEMENT_REFUSED} when it is not a SELECT, WITH, VALUES or EXPLAIN.
 */
export function inspectRead(sql: string): StatementKind {
  const kind = inspectStatement(sql)
  if (!reading.has(kind.verb)) throw refused(`${kind.verb} on a connection that only reads`, sql)
  return kind
}

function refused(what: string, sql: string): AshlarError {
  return new SqliteStatementRefused(
    `Expected one statement that leaves the transaction to the engine, got ${what}: ${sql.slice(0, 80)}`,
  )
}
