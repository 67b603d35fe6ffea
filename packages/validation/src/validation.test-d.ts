import type { StandardInput, StandardOutput, StandardSchemaV1 } from "@ashlar/core"
import type { Branded } from "./brand.ts"
import { ParseInt } from "./pipes.ts"
import { Rule } from "./rule.ts"
import type { Infer, InferInput, Schema, ValidationResult } from "./schema.ts"
import type { Json } from "./unknown.ts"
import { v } from "./v.ts"
import { parse, validate, validateAsync } from "./validate.ts"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Fails to compile unless both are the same type; `any` is the same as nothing but `any`. */
function same<A, B>(..._: Equal<A, B> extends true ? [] : [expected: B, got: A]): void {}

const User = v.object({
  id: v.string().uuid(),
  age: v.integer().min(0).optional(),
  role: v.enum(["owner", "viewer"]).default("viewer"),
  born: v.string().transform((text) => new Date(text)),
  nick: v.string().nullable(),
  tags: v.array(v.string()).max(5),
  address: v.object({ zip: v.string().optional() }).strip(),
  limit: v.coerce.integer().default(50),
})

// An object's output: optional keys may be absent, those with a default are there, transforms are done.
same<
  Infer<typeof User>,
  {
    id: string
    role: "owner" | "viewer"
    born: Date
    nick: string | null
    tags: string[]
    address: { zip?: string | undefined }
    limit: number
    age?: number | undefined
  }
>()
// Its input: keys with a default may be absent too, and what is transformed is what comes in.
same<
  InferInput<typeof User>,
  {
    id: string
    born: string
    nick: string | null
    tags: string[]
    address: { zip?: string | undefined }
    age?: number | undefined
    role?: "owner" | "viewer" | undefined
    limit?: string | undefined
  }
>()

// Each kind of schema.
same<Infer<ReturnType<typeof v.string>>, string>()
const kind = v.literal("circle")
same<Infer<typeof kind>, "circle">()
const letter = v.enum(["a", "b"]).nullable()
same<Infer<typeof letter>, "a" | "b" | null>()
const ages = v.record(v.string(), v.integer())
same<Infer<typeof ages>, Record<string, number>>()
const union = v.union([v.string(), v.array(v.integer()), kind])
same<Infer<typeof union>, string | number[]>()
const anything = v.unknown()
same<Infer<typeof anything>, unknown>()
const json = v.json()
same<Infer<typeof json>, Json>()
const flag = v.coerce.boolean()
same<[Infer<typeof flag>, InferInput<typeof flag>], [boolean, string]>()

// Methods of a type stay after those of every type, and are not there on others.
v.string().describe("x").min(1).refine(Boolean, "x").email().meta({}).max(3)
v.object({})
  .describe("x")
  .passthrough()
  .refine(() => true, "x")
  .strip()
v.array(v.string()).describe("x").min(1)
// @ts-expect-error a number has no email
v.number().email()
// @ts-expect-error an optional string is no string
v.string().optional().min(1)
// @ts-expect-error a default is of the type that comes out
v.integer().default("1")
// @ts-expect-error `refine` is given what the schema gives
v.string().refine((value: number) => value > 1, "x")
// @ts-expect-error another library's schema is no part
v.object({ a: {} as StandardSchemaV1<string> })

// The result of a validation has a value or issues, and which of the two one check tells.
const result = validate(User, {})
if (result.issues === undefined) same<typeof result.value, Infer<typeof User>>()
// @ts-expect-error there may be no value
void result.value
const parsed = parse(ages, {})
same<typeof parsed, Record<string, number>>()

// A schema is a Standard Schema of its types.
same<StandardOutput<typeof User>, Infer<typeof User>>()
same<StandardInput<typeof User>, InferInput<typeof User>>()
const standard: StandardSchemaV1<InferInput<typeof User>, Infer<typeof User>> = User
void standard

// A schema can be annotated with what it gives, and then says that: fewer keys are allowed, others are not.
interface Point {
  readonly x: number
  readonly label?: string | undefined
}
export const Point: Schema<Point> = v.object({ x: v.number(), label: v.string().optional(), y: v.number() })
// @ts-expect-error `x` is missing
export const NoPoint: Schema<Point> = v.object({ label: v.string().optional() })
// @ts-expect-error `x` is no number
export const TextPoint: Schema<Point> = v.object({ x: v.string() })
// @ts-expect-error `x` may be absent
export const MaybePoint: Schema<Point> = v.object({ x: v.number().optional() })
const inner = v.object({ point: Point })
same<Infer<typeof inner>, { point: Point }>()

// A generic function can build a schema around one it is given.
export function pageOf<T>(item: Schema<T>): Schema<{ readonly items: readonly T[]; readonly next: string | null }> {
  return v.object({ items: v.array(item), next: v.string().nullable() })
}
const page = pageOf(Point)
same<Infer<typeof page>["items"], readonly Point[]>()

// A recursive schema is annotated; without the annotation TypeScript says so.
interface Tree {
  readonly children: readonly Tree[]
}
export const Tree: Schema<Tree> = v.object({ children: v.array(v.lazy(() => Tree)) })

// Branded types: only the schema makes one, and it is still what it was.
const UserId = v.string().uuid().brand("UserId")
type UserId = Infer<typeof UserId>
same<UserId, Branded<string, "UserId">>()
same<InferInput<typeof UserId>, string>()
const toUpper = (id: UserId): string => id.toUpperCase()
void toUpper
// @ts-expect-error text is no UserId
toUpper("x")
// @ts-expect-error a GroupId is no UserId
toUpper({} as Branded<string, "GroupId">)

// Objects made of objects.
const Base = v.object({ id: v.string(), age: v.integer().optional(), role: v.string().default("x") })
const picked = Base.pick("id", "age")
same<Infer<typeof picked>, { id: string; age?: number | undefined }>()
const omitted = Base.omit("id")
same<InferInput<typeof omitted>, { age?: number | undefined; role?: string | undefined }>()
const partial = Base.partial()
same<Infer<typeof partial>, { id?: string | undefined; age?: number | undefined; role?: string | undefined }>()
const partly = Base.partial("id")
same<Infer<typeof partly>, { id?: string | undefined; age?: number | undefined; role: string }>()
const required = Base.required()
same<InferInput<typeof required>, { id: string; age: number; role: string }>()
const extended = Base.extend({ id: v.integer(), more: v.boolean() })
same<Infer<typeof extended>, { id: number; role: string; more: boolean; age?: number | undefined }>()
const merged = Base.pick("id").merge(v.object({ b: v.bigint() }))
same<Infer<typeof merged>, { id: string; b: bigint }>()
// @ts-expect-error no such key
Base.pick("nmae")

// Composites.
const tuple = v.tuple([v.string(), v.coerce.integer()]).rest(v.boolean())
same<Infer<typeof tuple>, [string, number, ...boolean[]]>()
same<InferInput<typeof tuple>, [string, string, ...boolean[]]>()
const both = v.intersection([v.object({ a: v.string() }), v.object({ b: v.integer() })])
same<Infer<typeof both>, { a: string } & { b: number }>()
const event = v.discriminatedUnion("t", [v.object({ t: v.literal("a") }), v.object({ t: v.literal("b"), n: v.date() })])
same<Infer<typeof event>, { t: "a" } | { t: "b"; n: Date }>()
// @ts-expect-error no tag in the second
v.discriminatedUnion("t", [v.object({ t: v.literal("a") }), v.object({ n: v.date() })])
const level = { Low: 1, High: 2 } as const
const levels = v.enum(level)
same<Infer<typeof levels>, 1 | 2>()
const nullish = v.string().nullish()
same<Infer<typeof nullish>, string | null | undefined>()
const caught = v.integer().catch(1)
same<[Infer<typeof caught>, InferInput<typeof caught>], [number, unknown]>()
const pairs = v.map(v.string(), v.set(v.integer()))
same<Infer<typeof pairs>, Map<string, Set<number>>>()

// Pipes take what the one before gives.
const piped = v.pipe(ParseInt, v.integer().min(1), v.integer().transform(String))
same<[Infer<typeof piped>, InferInput<typeof piped>], [string, string]>()
// @ts-expect-error a number is no text
v.pipe(ParseInt, v.string())
// @ts-expect-error a number is no text
ParseInt.pipe(v.string())

// Rules of one's own are for their type and no other.
const between = Rule.custom(
  "between",
  (value: number, least: number, most: number) => value >= least && value <= most,
  "x",
)
v.integer().rule(between(1, 2)).min(1)
// @ts-expect-error a parameter is missing
between(1)
// @ts-expect-error a rule for numbers
v.string().rule(between(1, 2))

// What has to wait says so, everywhere that it is a part of; what has not to, gives no promise.
const unique = v.string().refineAsync(async () => true)
const waiting = v.object({ name: unique, nick: unique.optional(), tags: v.array(unique), age: v.integer().optional() })
same<Infer<typeof waiting>, { name: string; tags: string[]; nick?: string | undefined; age?: number | undefined }>()
const later: Promise<ValidationResult<string>> = unique["~standard"].validate("x")
void later
same<ReturnType<(typeof Base)["~standard"]["validate"]>, ValidationResult<Infer<typeof Base>>>()
void validateAsync(waiting, {}).then((answer) => {
  if (answer.issues === undefined) same<typeof answer.value, Infer<typeof waiting>>()
})
// @ts-expect-error it has to wait
validate(waiting, {})
// @ts-expect-error it has to wait
v.record(v.string(), unique)
// @ts-expect-error it has to wait
v.union([unique])
const asyncStandard: StandardSchemaV1<InferInput<typeof waiting>, Infer<typeof waiting>> = waiting
void asyncStandard
