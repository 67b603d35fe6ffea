import { SchemaInvalid } from "./errors.ts"
import { Run } from "./issue.ts"
import type { JsonSchema, JsonSchemaContext } from "./json-schema.ts"
import type { AnySchema, ValidationResult } from "./schema.ts"

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

/** What the schemas are made of. A schema is a node with methods. */
export interface Node {
  readonly check: Check
  /** Undefined where it cannot be told without running the check: a transform, a recursion. */
  readonly fits: Fits | undefined
  /** Whether what comes out is always what went in: no default, no transform, nothing dropped. */
  readonly isPure: boolean
  /** What an object does about an absent key: refuses it, leaves it absent, or fills it by this function. */
  readonly absent: "refused" | "kept" | (() => unknown)
  /** For "Expected …": "a string". */
  readonly expected: string
  /** One value only: directly in an object, the tag by which unions tell their members apart. */
  readonly isTag: boolean
  /** Its name under `$defs`, should it be there. */
  readonly id: string | undefined
  /** What it is, or a reference to what it is. */
  readonly toJson: (context: JsonSchemaContext) => JsonSchema
  /** What it is, never as a reference. */
  readonly define: (context: JsonSchemaContext) => JsonSchema
}

/** A node that must be there, and has no name. */
export function createNode(
  parts: Pick<Node, "expected" | "check" | "toJson"> & Partial<Pick<Node, "fits" | "isPure">>,
): Node {
  const { fits, toJson: define } = parts
  return {
    absent: "refused",
    isTag: false,
    id: undefined,
    fits: undefined,
    isPure: fits !== undefined,
    define,
    ...parts,
  }
}

const nodes = new WeakMap<object, Node>()

/** A schema is known by its node from the moment it is made. */
export function setNode(schema: object, node: Node): void {
  nodes.set(schema, node)
}

/** @throws {VALIDATION_SCHEMA_INVALID} for anything that is no schema of this package. */
export function nodeOf(schema: AnySchema): Node {
  const node = nodes.get(schema)
  if (!node)
    throw new SchemaInvalid(
      "Expected a schema made by `v`, got something else. Other libraries' schemas cannot be parts of one.",
    )
  return node
}

/** Runs a node on a value, from the start. */
export function run({ check, fits }: Node, value: unknown): ValidationResult<unknown> {
  if (fits?.(value)) return { value }
  const state = new Run()
  const result = check(value, state)
  return state.count === 0 ? { value: result } : { issues: state.issues() }
}
