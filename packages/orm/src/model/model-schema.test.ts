import { expect, test } from "bun:test"
import { validate } from "@ashlar/validation"
import {
  array,
  bigint,
  bytes,
  createdAt,
  date,
  decimal,
  enumeration,
  integer,
  json,
  Model,
  sql,
  text,
  timestamp,
  uuid,
  version,
} from "../index.ts"

class Post extends Model {
  static table = "posts"
  static columns = {
    id: uuid().primary(),
    title: text(5),
    likes: integer().default(0),
    big: bigint(),
    price: decimal(5, 2),
    at: timestamp().nullable(),
    day: date(),
    data: json(),
    raw: bytes(),
    state: enumeration(["draft", "live"]),
    tags: array(text(3)),
    upper: text().generated(sql`upper(title)`),
    createdAt: createdAt(),
    version: version(),
  }
}

test("the schema of a model takes what its columns hold, and nothing else", () => {
  const schema = Post.schema("title", "likes", "big", "price", "at", "day", "data", "raw", "state", "tags")
  const good = {
    title: "stone",
    big: "9007199254740993",
    price: "-12.50",
    at: "2026-02-28T12:00:00Z",
    day: "2026-02-28",
    data: { a: [1] },
    raw: new Uint8Array([1]),
    state: "live",
    tags: ["a", "abc"],
  }
  expect(validate(schema, good)).toMatchObject({
    value: { ...good, big: 9007199254740993n, at: new Date("2026-02-28T12:00:00Z") },
  })
  const bad: Record<string, unknown> = {
    title: "stones",
    likes: 1.5,
    big: "x",
    price: "1000.00",
    at: "yesterday",
    day: "2026-02-30",
    raw: "bytes",
    state: "gone",
    tags: ["abcd"],
    createdAt: "2026-02-28T12:00:00Z",
    __proto: 1,
  }
  for (const [name, value] of Object.entries(bad))
    expect(validate(schema, { ...good, [name]: value })).toMatchObject({ issues: [expect.anything()] })
})

test("what the model sets is not for callers to send", () => {
  for (const name of ["upper", "createdAt", "version"] as const)
    expect(() => Post.schema(name)).toThrow(expect.objectContaining({ code: "ORM_MODEL_INVALID" }))
  expect(() => Post.schema("nme" as never)).toThrow(expect.objectContaining({ code: "ORM_QUERY_INVALID" }))
})
