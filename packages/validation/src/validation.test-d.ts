import type { StandardInput, StandardOutput, StandardSchemaV1 } from "@ashlar/core"
import type { Infer, InferInput, Schema } from "./schema.ts"
import type { Json } from "./unknown.ts"
import { v } from "./v.ts"
import { parse, validate } from "./validate.ts"

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
const level = v.enum(["a", "b"]).nullable()
same<Infer<typeof level>, "a" | "b" | null>()
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
