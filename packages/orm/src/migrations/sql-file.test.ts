import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import type { Flavour } from "../schema/description.ts"
import { parseSqlFile, splitStatements } from "./sql-file.ts"

describe("statements end at their semicolons", () => {
  test.each<[Flavour, string, string[]]>([
    ["sqlite", "", []],
    ["sqlite", " ; ;; ", []],
    ["sqlite", "select 1; select 2", ["select 1", "select 2"]],
    ["sqlite", "select ';' ; select \"a;b\", `c;d`, [e;f]", ["select ';'", 'select "a;b", `c;d`, [e;f]']],
    ["sqlite", "-- first; one\nselect 1 -- two;\n; /* ; */ select 2", ["select 1 -- two;", "select 2"]],
    ["sqlite", "select 'it''s; fine'; select 2", ["select 'it''s; fine'", "select 2"]],
    [
      "sqlite",
      "create trigger t after insert on a begin update a set n = case when 1 then 2 else 3 end; delete from b; end; select 1",
      [
        "create trigger t after insert on a begin update a set n = case when 1 then 2 else 3 end; delete from b; end",
        "select 1",
      ],
    ],
    ["sqlite", 'create table "end" ("begin" int); select 1', ['create table "end" ("begin" int)', "select 1"]],
    [
      "postgres",
      "do $$ begin perform 1; end $$; select $a$;$$;$a$, $1",
      ["do $$ begin perform 1; end $$", "select $a$;$$;$a$, $1"],
    ],
    ["postgres", "select E'\\';' ; select '\\'; select 2", ["select E'\\';'", "select '\\'", "select 2"]],
    ["postgres", "/* a /* nested; */ ; */ select 1; select 2", ["select 1", "select 2"]],
    ["postgres", "begin; commit", ["begin", "commit"]],
    ["mariadb", "select 'a\\';b'; # c;\nselect 5--3; select 2", ["select 'a\\';b'", "select 5--3", "select 2"]],
    [
      "mariadb",
      "create or replace procedure p() begin if 1 then select 1; end if; while 0 do set @a = 1; end while; begin select 2; end; end; select 3",
      [
        "create or replace procedure p() begin if 1 then select 1; end if; while 0 do set @a = 1; end while; begin select 2; end; end",
        "select 3",
      ],
    ],
    [
      "mysql",
      "create function f() returns int return 1; select 2",
      ["create function f() returns int return 1", "select 2"],
    ],
  ])("%s: %p", (flavour, text, statements) => {
    expect(splitStatements(text, flavour)).toEqual(statements)
  })

  test("whatever texts and names hold, what was put together is taken apart", () => {
    const piece = fc.oneof(
      fc.string().map((text) => `'${text.replace(/['\\]/g, "")}'`),
      fc.string().map((text) => `"${text.replace(/["\\]/g, "")}"`),
      fc.constantFrom("select", "x", "1.5e3", "+", "(", ")", "/* ; */", "$1", "?"),
    )
    const one = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => `select ${pieces.join(" ")}`)
    fc.assert(
      fc.property(
        fc.array(one, { maxLength: 5 }),
        fc.constantFrom<Flavour>("sqlite", "postgres", "mariadb"),
        (all, flavour) => {
          expect(splitStatements(all.join(";\n"), flavour)).toEqual(all)
        },
      ),
    )
  })
})

test.each<[string, readonly string[], readonly string[] | undefined]>([
  ["select 1", ["select 1"], undefined],
  ["-- up\nselect 1;\n-- down\nselect 2;", ["select 1"], ["select 2"]],
  ["--UP  \nselect 1\n--  Down\n", ["select 1"], []],
  ["-- a word about it\n-- up\nselect 1;\n-- up and away\nselect 3", ["select 1", "select 3"], undefined],
])("the file %p goes up by %p and down by %p", (text, up, down) => {
  expect(parseSqlFile(text, "sqlite")).toEqual({ up, down })
})
