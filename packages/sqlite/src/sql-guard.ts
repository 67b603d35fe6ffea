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

/** Comments, strings and quoted names: what is in them counts for nothing. Left open, they reach to the end. */
const quoted = String.raw`--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'[^']*'?|"[^"]*"?|\`[^\`]*\`?|\[[^\]]*\]?`
const word = new RegExp(`${quoted}|([A-Za-z_][\\w$]*)`, "g")
/** What decides about a statement. All else is passed in one leap: SQL may be a quarter of a million characters long. */
const mark = new RegExp(`${quoted}|(;|\\b(?:ROLLBACK|DEFERRED)\\b)`, "gi")
const markInTrigger = new RegExp(`${quoted}|(;|\\b(?:ROLLBACK|DEFERRED|BEGIN|CASE|END)\\b)`, "gi")
const comments = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g

/**
 * Reads one statement far enough to know that it is one, and of which kind. Called once per distinct SQL text: the
 * prepared statement is cached after.
 *
 * @throws {SQLITE_STATEMENT_REFUSED} when it is empty, more than one, or would break the shared transaction.
 */
export function inspectStatement(sql: string): StatementKind {
  const [verb = "", ...next] = firstWords(sql)
  // CREATE [TEMP] TRIGGER … BEGIN … END: the body holds statements of its own, each with a semicolon.
  const trigger = verb === "CREATE" && next.includes("TRIGGER")
  checkMarks(sql, trigger)
  if (verb === "") throw refused("no statement", sql)
  if (transactional.has(verb)) throw refused(`${verb}, which would end or nest the shared transaction`, sql)
  if (foreign.has(verb)) throw refused(verb, sql)
  return { verb, frees: verb === "DELETE" || verb === "DROP" }
}

function checkMarks(sql: string, trigger: boolean): void {
  let depth = 0
  for (const { 1: found, index } of sql.matchAll(trigger ? markInTrigger : mark)) {
    switch (found?.toUpperCase()) {
      case "ROLLBACK":
        throw refused("ROLLBACK, alone or in a conflict clause", sql)
      case "DEFERRED":
        throw refused("DEFERRED: a constraint checked at COMMIT would fail every caller", sql)
      case "BEGIN":
      case "CASE":
        depth++
        break
      case "END":
        depth--
        break
      case ";":
        if (depth > 0) break
        if (/[^\s;]/.test(sql.slice(index).replace(comments, ""))) throw refused("more than one statement", sql)
        return
    }
  }
}

/** The first three words, in capitals. */
function firstWords(sql: string): string[] {
  const words: string[] = []
  for (const { 1: found } of sql.matchAll(word)) {
    if (found !== undefined) words.push(found.toUpperCase())
    if (words.length === 3) break
  }
  return words
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
