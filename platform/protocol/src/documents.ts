import { type Schema, v } from "@ashlar/validation"
import { Time } from "./page.ts"

/** Who may do something: nobody with a key (null), secret keys, users of the app too, publishable keys too, everybody. */
export type RuleLevel = "public" | "publishable" | "user" | "secret"
/** Users of the app with one of the roles, and the documents that the filter means: `$user.id` in it stands for the user's id. */
export interface UserRule {
  readonly roles?: readonly string[] | undefined
  readonly mfa?: true | undefined
  readonly where?: Readonly<Record<string, unknown>> | undefined
}
export type Rule = RuleLevel | UserRule | null
export interface Rules {
  readonly read: Rule
  readonly create: Rule
  readonly update: Rule
  readonly delete: Rule
}
const RuleLevel: Schema<RuleLevel> = v.enum(["public", "publishable", "user", "secret"]).meta({
  id: "RuleLevel",
  description:
    "Who may act without being a member: everybody, any key of the project, its app's users, or secret keys and functions.",
})
const UserRule: Schema<UserRule> = v
  .object({
    roles: v.array(v.string()).optional().describe("One of these will do"),
    mfa: v.literal(true).optional().describe("Only sessions that have shown a second factor"),
    where: v
      .record(v.string(), v.unknown())
      .optional()
      .describe(
        "Only documents for which this filter holds; `$user.id`, `$user.email`, `$user.roles`, `$user.mfa` and `$user.claims.<name>` stand for the user's",
      ),
  })
  .meta({
    id: "UserRule",
    description: "Users of the app, with conditions. Secret keys and members are not bound by them.",
  })
const level: Schema<Rule> = v.union([RuleLevel, UserRule]).nullable()
export const Rules: Schema<Rules> = v.object({ read: level, create: level, update: level, delete: level }).meta({
  id: "Rules",
  description:
    "Who may act without being a member, for each action. Members of the project may always; viewers read only.",
})

export interface IndexField {
  readonly path: string | readonly string[]
  readonly direction: "asc" | "desc"
}
export interface Index {
  readonly name: string
  readonly fields: readonly IndexField[]
  readonly kind: "scalar" | "any" | "members"
  readonly unique: boolean
}
const FieldPath: Schema<string | readonly string[]> = v.union([v.string(), v.array(v.string())]).meta({
  id: "FieldPath",
  description: 'A path as `"a.b"`, or as its segments when a key contains a dot.',
})
const IndexField: Schema<IndexField> = v
  .object({ path: FieldPath, direction: v.enum(["asc", "desc"]) })
  .meta({ id: "IndexField" })
const IndexKind: Schema<Index["kind"]> = v.enum(["scalar", "any", "members"]).meta({
  id: "IndexKind",
  description: "`scalar`: never an array, gives order too; `any`: scalar or array; `members`: the elements of arrays.",
})
export const Index: Schema<Index> = v
  .object({
    name: v.string(),
    fields: v.array(IndexField),
    kind: IndexKind,
    unique: v.boolean(),
  })
  .meta({ id: "Index" })

export interface Collection {
  readonly name: string
  readonly rules: Rules
  readonly indexes: readonly Index[]
  /** Absent when there are none. */
  readonly encrypted?: readonly string[] | undefined
  readonly count: number
  readonly createdAt: string
  readonly updatedAt: string
}
export const Collection: Schema<Collection> = v
  .object({
    name: v.string(),
    rules: Rules,
    indexes: v.array(Index),
    encrypted: v.array(v.string()).optional().describe("The encrypted fields; absent when there are none"),
    count: v.integer(),
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: "CollectionInfo" })

/* Rules and indexes in requests take shorthands (`"-population"`), which the document engine reads; so they pass here. */
const rulesInput = v
  .unknown()
  .describe('{ read?, create?, update?, delete? }, each "public" | "publishable" | "secret" | null')
const indexesInput = v
  .unknown()
  .describe('[{ fields: ["region", "-area"], kind?, unique?, name? }], or "region" for one field')
export const NewCollection: Schema<{
  readonly name: string
  readonly rules?: unknown
  readonly indexes?: unknown
  readonly encrypted?: unknown
}> = v
  .object({
    name: v.string().max(200),
    encrypted: v
      .unknown()
      .describe('["iban", "card.number"]: fields that are stored encrypted, for as long as the collection is there')
      .optional(),
    rules: rulesInput.optional(),
    indexes: indexesInput.optional(),
  })
  .meta({ id: "NewCollection" })
export const CollectionPatch: Schema<{ readonly rules?: unknown; readonly indexes?: unknown }> = v
  .object({
    rules: rulesInput.optional(),
    indexes: indexesInput.optional(),
  })
  .meta({ id: "CollectionPatch" })

export type DocumentData = Readonly<Record<string, unknown>>
export interface Document {
  readonly id: string
  /** Counts the writes of this document, from 1. Its `ETag`. */
  readonly rev: number
  readonly createdAt: string
  readonly updatedAt: string
  readonly data: DocumentData
}
export const DocumentData: Schema<DocumentData> = v.record(v.string(), v.unknown())
export const Document: Schema<Document> = v
  .object({
    id: v.string(),
    rev: v.integer(),
    createdAt: Time,
    updatedAt: Time,
    data: DocumentData,
  })
  .meta({ id: "Document", description: "A stored document. `rev` starts at 1 and grows by one with each change." })

export interface QueryResult {
  readonly items: readonly Document[]
  readonly next: string | null
  /** Asked for with `count: true`. When not `exact`, there are at least `value`. */
  readonly count?: { readonly value: number; readonly exact: boolean } | undefined
}
const Count: Schema<NonNullable<QueryResult["count"]>> = v.object({ value: v.integer(), exact: v.boolean() }).meta({
  id: "Count",
  description: "How many documents match. Not exact means: at least this many, where the server stopped counting.",
})
export const QueryResult: Schema<QueryResult> = v
  .object({
    items: v.array(Document),
    next: v.string().nullable(),
    count: Count.optional(),
  })
  .meta({ id: "QueryResult" })

export interface Explanation {
  readonly sql: string
  readonly plan: readonly string[]
  readonly index: string | null
  readonly scan: boolean
  readonly sorted: "index" | "memory" | "none"
}
export const Explanation: Schema<Explanation> = v
  .object({
    sql: v.string(),
    plan: v.array(v.string()),
    index: v.string().nullable().describe("The index in use, null when there is none"),
    scan: v.boolean().describe("True when every document of the collection is looked at"),
    sorted: v.enum(["index", "memory", "none"]),
  })
  .meta({ id: "Explanation", description: "How the server would run a query." })

/* What the document engine itself reads, with pointers into it when something is wrong: it passes here as it is. */
export const DocumentInput: Schema<unknown> = v.unknown().describe("The document's data: an object; or a list of them")
export const QueryBody: Schema<unknown> = v
  .unknown()
  .describe('{ where?, sort?: ["-area", "name"], limit?: 1 to 1000, cursor?, select?: ["name"], count?: true }')
export const UpdateBody: Schema<unknown> = v
  .unknown()
  .describe("{ $set, $unset, $inc, $min, $max, $push, $pull, $addToSet }, or a merge patch (RFC 7396)")
/** The answer to an insert: the document, or the list of them. */
export const DocumentBatch: Schema<Document | { readonly items: readonly Document[] }> = v.union([
  Document,
  v.object({ items: v.array(Document) }),
])
