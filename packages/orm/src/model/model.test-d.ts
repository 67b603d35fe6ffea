/** What the types of models promise. Checked by the compiler alone. */
import { expectTypeOf } from "bun:test"
import {
  bigint,
  createdAt,
  type Database,
  decimal,
  enumeration,
  integer,
  json,
  Model,
  type NewRow,
  sql,
  text,
  uuid,
} from "../index.ts"

declare const db: Database

class User extends Model {
  static database = db
  static table = "users"
  static columns = {
    id: uuid().primary(),
    name: text(),
    age: integer().nullable(),
    role: enumeration(["admin", "guest"]).default("guest"),
    password: text().hidden(),
    token: text().hidden().nullable().default("none"),
    price: decimal(10, 2),
    settings: json<{ dark: boolean }>().nullable(),
    upper: text().generated(sql`upper(name)`),
    createdAt: createdAt(),
  }
  greet(): string {
    return "hello"
  }
}

class Membership extends Model {
  static database = db
  static table = "memberships"
  static columns = { user: uuid().primary({ generated: false }), team: bigint().primary({ generated: false }) }
}

const user = await User.findOrFail("an id")
expectTypeOf(user.name).toEqualTypeOf<string>()
expectTypeOf(user.age).toEqualTypeOf<number | null>()
expectTypeOf(user.role).toEqualTypeOf<"admin" | "guest">()
expectTypeOf(user.createdAt).toEqualTypeOf<Date>()
expectTypeOf(user.settings).toEqualTypeOf<{ dark: boolean } | null>()
expectTypeOf(user.greet()).toEqualTypeOf<string>()
// @ts-expect-error a hidden column is not there unless it is asked for
user.password
// @ts-expect-error nor is one that is hidden, nullable and has a default: the flags combine
user.token

const named = await User.select("name", "password").firstOrFail()
expectTypeOf(named.password).toEqualTypeOf<string>()
// @ts-expect-error only what was selected
named.age

type New = NewRow<typeof User>
expectTypeOf<Pick<New, "name" | "password" | "price">>().toEqualTypeOf<{
  name: string
  password: string
  price: string
}>()
void User.create({ name: "Ada", password: "x", price: "1.00" })
void User.create({ name: "Ada", password: "x", price: "1.00", id: "id", age: null, role: "admin", token: null })
// @ts-expect-error what has no default is needed
void User.create({ name: "Ada", price: "1.00" })
// @ts-expect-error what the database works out is not given
void User.create({ name: "Ada", password: "x", price: "1.00", upper: "ADA" })
// @ts-expect-error a decimal is text, so that no digit is lost
void User.create({ name: "Ada", password: "x", price: 1 })
// @ts-expect-error no such column
void User.create({ name: "Ada", password: "x", price: "1.00", nme: "x" })

void User.where("age", 3)
void User.where("age", null)
void User.where("age", ">", 3)
void User.where("age", "in", [1, 2])
void User.where("age", "between", [1, 2])
void User.where("name", "like", "A%").orWhere((query) => query.where("role", "admin"))
void User.where("id", "in", Membership.where("team", 1n).column("user"))
// @ts-expect-error no such column
void User.where("nme", "x")
// @ts-expect-error a value of another type
void User.where("age", "3")
// @ts-expect-error null is not compared by size
void User.where("age", ">", null)
// @ts-expect-error a word that the enumeration does not have
void User.where("role", "root")
// @ts-expect-error numbers are not like anything
void User.where("age", "like", "3%")
// @ts-expect-error a subquery of another type
void User.where("age", "in", Membership.query().column("user"))

void Membership.find({ user: "id", team: 1n })
// @ts-expect-error a key of two columns is not one value
void Membership.find("id")
// @ts-expect-error a number is no uuid
void User.find(1)

expectTypeOf(await User.query().pluck("age")).toEqualTypeOf<(number | null)[]>()
expectTypeOf(await User.query().max("age")).toEqualTypeOf<number | undefined>()
const groups = await User.query()
  .groupBy("role")
  .get({ people: "count", oldest: ["max", "age"] })
expectTypeOf(groups[0]!.role).toEqualTypeOf<"admin" | "guest">()
expectTypeOf(groups[0]!.people).toEqualTypeOf<number>()
expectTypeOf(groups[0]!.oldest).toEqualTypeOf<number | undefined>()
// @ts-expect-error no such column to group by
void User.query().groupBy("nme")

user.name = "Bob"
// @ts-expect-error a value of another type
user.age = "3"
void user.update({ age: 3 })
// @ts-expect-error a value of another type
void user.update({ age: "3" })
const page = await User.orderBy("createdAt", "desc").paginate({ after: undefined, limit: 20 })
expectTypeOf(page.next).toEqualTypeOf<string | undefined>()
// @ts-expect-error a query is not a promise: it has a last word
void (await User.where("age", 3)).name

const body = User.schema("name", "age", "role")
expectTypeOf<(typeof body)["~o"]>().toEqualTypeOf<{
  name: string
  age?: number | null | undefined
  role?: "admin" | "guest" | undefined
}>()
// @ts-expect-error no such column
User.schema("nme")
