import { describe, expect, test } from "bun:test"
import { inspectRead, inspectStatement } from "./sql-guard.ts"

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return "allowed"
  } catch (error) {
    return String((error as { code?: string }).code)
  }
}

describe("a statement of a write", () => {
  const allowed: readonly [sql: string, verb: string, frees: boolean][] = [
    ["INSERT INTO a VALUES (1)", "INSERT", false],
    ["  -- why\n/* and how */ insert into a values (1) ; ", "INSERT", false],
    ["insert into a values ('it''s; ROLLBACK')", "INSERT", false],
    ['update "ROLLBACK" set [commit;] = 1, `BEGIN` = 2', "UPDATE", false],
    ["INSERT OR IGNORE INTO a VALUES (1)", "INSERT", false],
    ["delete from a", "DELETE", true],
    ["DROP TABLE a", "DROP", true],
    ["select 1; -- the end", "SELECT", false],
    ["select 1;;\n; /* ; */ -- DELETE", "SELECT", false],
    ["select '/*', rollbacks, \"--\" from undeferred", "SELECT", false],
    ["/* CREATE */ ( select 1 )", "SELECT", false],
    ["CREATE TABLE t (a, b DEFAULT 'x;y')", "CREATE", false],
    [
      "CREATE TEMP TRIGGER g AFTER INSERT ON a BEGIN UPDATE a SET b = CASE WHEN 1 THEN 2 ELSE 3 END; SELECT RAISE(ABORT, 'no'); END;",
      "CREATE",
      false,
    ],
  ]
  for (const [sql, verb, frees] of allowed) {
    test(`is taken: ${sql}`, () => expect(inspectStatement(sql)).toEqual({ verb, frees }))
  }

  const refused = [
    "",
    "   ",
    "-- nothing",
    "/* open",
    ";",
    "BEGIN",
    "begin immediate",
    "/**/COMMIT",
    "END",
    "ROLLBACK",
    "rollback to op",
    "SAVEPOINT a",
    "RELEASE op",
    "INSERT OR ROLLBACK INTO a VALUES (1)",
    "insert or/**/rollback into a values (1)",
    "UPDATE OR\nROLLBACK a SET b = 1",
    "CREATE TABLE t (a UNIQUE ON CONFLICT ROLLBACK)",
    "CREATE TRIGGER g AFTER INSERT ON a BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
    "CREATE TABLE t (a REFERENCES b DEFERRABLE INITIALLY DEFERRED)",
    "PRAGMA synchronous = OFF",
    "ATTACH 'other.db' AS other",
    "DETACH other",
    "VACUUM INTO 'copy.db'",
    "INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)",
    "SELECT 1; COMMIT",
    "SELECT 1; /* and */ 'more'",
    "SELECT 'it''s' OR ROLLBACK",
    "SELECT '/*' ROLLBACK",
    "CREATE TRIGGER g AFTER INSERT ON a BEGIN SELECT 1; END; 'more'",
    "SELECT ';' ; SELECT 2",
    "CREATE TRIGGER g AFTER INSERT ON a BEGIN SELECT 1; END; DELETE FROM a",
  ]
  for (const sql of refused) {
    test(`is refused: ${sql}`, () => expect(codeOf(() => inspectStatement(sql))).toBe("SQLITE_STATEMENT_REFUSED"))
  }
})

describe("a statement of a read", () => {
  for (const sql of ["SELECT 1", "with a as (select 1) select * from a", "VALUES (1)", "EXPLAIN QUERY PLAN SELECT 1"]) {
    test(`is taken: ${sql}`, () => expect(codeOf(() => inspectRead(sql))).toBe("allowed"))
  }
  for (const sql of [
    "DELETE FROM a",
    "INSERT INTO a VALUES (1)",
    "BEGIN",
    "PRAGMA user_version",
    "CREATE TABLE t (a)",
  ]) {
    test(`is refused: ${sql}`, () => expect(codeOf(() => inspectRead(sql))).toBe("SQLITE_STATEMENT_REFUSED"))
  }
})
