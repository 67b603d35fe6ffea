import { AsyncUnexpected, SchemaInvalid } from "./errors.ts"
import type { Message } from "./issue.ts"
import type { JsonSchema, JsonSchemaContext } from "./json-schema.ts"
import type { Locale } from "./locale.ts"
import { forgetMisfit } from "./misfit.ts"
import { hide, Run } from "./run.ts"
import type { AnyAsyncSchema, AnySchema, ValidationResult } from "./schema.ts"
import { kindOf, type Term } from "./term.ts"

/**
 * Checks a value: gives the value to go on with, which is the same one when there was nothing to change, or adds issues
 * to the run (and then what it gives is ignored).
 */
export type Check = (value: unknown, run: Run) => unknown

/**
 * Whether a value is taken as it is. By far the most values are, and to know it takes no run, no copy and no issue, so
 * this is asked first; where the answer is no, {@link Check} says why, or what to change.
 */
export type Fits = (value: unknown) => boolean

/** Makes a {@link Fits} that also looks at a number's value, or a text's length. */
export type FitsWithin = (least: number, most: number) => Fits

/** A value that JSON writes as one token. */
export type Literal = string | number | boolean | null

/** What the schemas are made of. A schema is a node with methods. */
export interface Node {
  readonly check: Check
  /** Undefined where it cannot be told without running the check: a transform, a recursion. */
  readonly fits: Fits | undefined
  /** The same for a value that is there, where the node would only take absence besides. */
  readonly fitsGiven: Fits | undefined
  /** Whether what comes out is always what went in: no default, no transform, nothing dropped. */
  readonly isPure: boolean
  /** The same as {@link Node.fits} within bounds, where it can be asked at once. */
  readonly fitsWithin: FitsWithin | undefined
  /** Whether a part of it has to wait for something before it can answer. */
  readonly isAsync: boolean
  /** What an object does about an absent key: refuses it, leaves it absent, or fills it by this function. */
  readonly absent: "refused" | "kept" | (() => unknown)
  /** For "Expected …": "a string". */
  readonly expected: Term
  /** The only values it takes, where they are few: directly in an object, the tags by which unions tell their members apart. */
  readonly values: readonly Literal[] | undefined
  /** The keys an object of this may have; undefined where any, or where it is none. */
  readonly keys: ReadonlySet<string> | undefined
  /** What it was before it became optional, nullable or had a default. */
  readonly inner: Node | undefined
  /** For what is wrong with the value itself, an absent key included. */
  readonly message: Message | undefined
  /** Whether nothing that was sent may be shown. */
  readonly isSecret: boolean
  /** Its name under `$defs`, should it be there. */
  readonly id: string | undefined
  /** What it is, or a reference to what it is. */
  readonly toJson: (context: JsonSchemaContext) => JsonSchema
  /** What it is, never as a reference. */
  readonly define: (context: JsonSchemaContext) => JsonSchema
}

type Parts = Pick<Node, "expected" | "check" | "toJson"> &
  Partial<Pick<Node, "fits" | "fitsWithin" | "isPure" | "isAsync" | "values" | "keys">>

/** A node that must be there, and has no name. */
export function createNode(parts: Parts): Node {
  return {
    check: parts.check,
    fits: parts.fits,
    fitsGiven: undefined,
    fitsWithin: parts.fitsWithin,
    isPure: parts.isPure ?? parts.fits !== undefined,
    isAsync: parts.isAsync ?? false,
    absent: "refused",
    expected: parts.expected,
    values: parts.values,
    keys: parts.keys,
    inner: undefined,
    message: undefined,
    isSecret: false,
    id: undefined,
    toJson: parts.toJson,
    define: parts.toJson,
  }
}

/** @throws {VALIDATION_SCHEMA_INVALID} for anything that is no schema of this package. */
export function anyNodeOf(schema: AnySchema | AnyAsyncSchema): Node {
  const node = (schema as { readonly "~node"?: Node } | undefined)?.["~node"]
  if (!node)
    throw new SchemaInvalid(
      "Expected a schema made by `v`, got something else. Other libraries' schemas cannot be parts of one.",
    )
  return node
}

/** @throws {VALIDATION_SCHEMA_INVALID} also for a schema with rules that have to wait. */
export function nodeOf(schema: AnySchema): Node {
  const node = anyNodeOf(schema)
  if (!node.isAsync) return node
  throw new SchemaInvalid(
    "Expected a schema that answers at once, got one with asynchronous rules. They may be in objects and arrays, or on the whole.",
  )
}

/** Checks a part of a value, and says of what is found there where it is. */
export function checkAt(check: Check, value: unknown, key: string | number, run: Run): unknown {
  const before = run.count
  const waiting = run.waitingCount
  const checked = check(value, run)
  if (run.count !== before) run.locate(before, key)
  if (run.waitingCount !== waiting) run.locateWaiting(waiting, key)
  return checked
}

/** Reports that a part is absent which has to be there. */
export function reportAbsent({ expected, values, message, isSecret }: Node, run: Run): undefined {
  const { mark } = run
  run.report({ code: "required", expected, received: kindOf(undefined), message, isTag: values?.length === 1 })
  if (isSecret) run.since(mark, hide)
}

/** Runs a node on a value, from the start. @throws {VALIDATION_ASYNC} */
export function run({ check, fits, isAsync }: Node, value: unknown, locale?: Locale): ValidationResult<unknown> {
  forgetMisfit()
  if (fits?.(value)) return { value }
  if (isAsync) throw new AsyncUnexpected("This schema has asynchronous rules. Use `validateAsync` or `parseAsync`.")
  const state = new Run()
  const result = check(value, state)
  forgetMisfit()
  return state.count === 0 ? { value: result } : { issues: state.issues(locale) }
}

/** Asynchronous rules that are under way at the same time, at most. */
const MAX_AT_ONCE = 8

/** The same for a node that may have to wait. Only a value that is good as far as one can tell at once is waited for. */
export async function runAsync(node: Node, value: unknown, locale?: Locale): Promise<ValidationResult<unknown>> {
  forgetMisfit()
  const state = new Run()
  const result = node.check(value, state)
  if (state.count === 0 && state.waitingCount > 0) await state.settle(MAX_AT_ONCE)
  return state.count === 0 ? { value: result } : { issues: state.issues(locale) }
}
