import { type Change, defaultNode, nullableNode, optionalNode, transformNode } from "./changes.ts"
import { type JsonSchema, type JsonSchemaContext, narrow, schemaDocument } from "./json-schema.ts"
import { type Check, type Fits, type Node, nodeOf, run, setNode } from "./node.ts"
import type { Defaulted, Optional, Schema, SchemaNotes, SchemaProps, ValidationResult } from "./schema.ts"

/** A check or change that was added to a schema, and what JSON Schema says of it. */
export interface Step {
  readonly check: Check
  readonly json?: JsonSchema | undefined
  /** Whether the step leaves the value as it is; undefined when it may change it. */
  readonly fits?: Fits | undefined
}

/** Everything a schema is, apart from its methods. Methods answer a new schema with a changed copy of this. */
export interface Blueprint {
  readonly base: Node
  readonly steps: readonly Step[]
  readonly notes: SchemaNotes
}

/** A blueprint without steps and notes. */
export function blueprint(base: Node): Blueprint {
  return { base, steps: [], notes: {} }
}

/** The methods every schema has. A subclass adds those of its type, and a `rebuild` that makes one of its own. */
export class SchemaBuilder<O, I = O> implements Schema<O, I> {
  declare readonly "~o": O
  declare readonly "~i": I
  readonly "~standard": SchemaProps<O, I>
  protected readonly plan: Blueprint

  constructor(plan: Blueprint) {
    this.plan = plan
    const node = compose(plan)
    setNode(this, node)
    this["~standard"] = propsOf(node)
  }

  optional(): Optional<O, I> {
    return new OptionalBuilder<O, I>(blueprint(optionalNode(nodeOf(this))))
  }

  nullable(): Schema<O | null, I | null> {
    return new SchemaBuilder<O | null, I | null>(blueprint(nullableNode(nodeOf(this))))
  }

  default(value: O | (() => O)): Defaulted<O, I> {
    return new DefaultedBuilder<O, I>(blueprint(defaultNode(nodeOf(this), value)))
  }

  refine(accepts: (value: O) => boolean, message: string): this {
    return this.step({
      check: (value, run) => (accepts(value as O) ? value : run.report({ code: "refused", message })),
      fits: (value) => accepts(value as O) === true,
    })
  }

  transform<U>(change: (value: O, fail: (message: string) => never) => U): Schema<U, I> {
    return new SchemaBuilder<U, I>(blueprint(transformNode(nodeOf(this), change as Change)))
  }

  describe(description: string): this {
    return this.meta({ description })
  }

  meta(notes: SchemaNotes): this {
    return this.rebuild({ ...this.plan, notes: { ...this.plan.notes, ...notes } })
  }

  /** The same schema with one more step. */
  protected step(step: Step): this {
    return this.rebuild({ ...this.plan, steps: [...this.plan.steps, step] })
  }

  /** The same schema by another plan. */
  protected rebuild(plan: Blueprint): this {
    return new SchemaBuilder<O, I>(plan) as this
  }
}

class OptionalBuilder<O, I> extends SchemaBuilder<O | undefined, I | undefined> implements Optional<O, I> {
  declare readonly "~opt": "both"
}

class DefaultedBuilder<O, I> extends SchemaBuilder<O, I | undefined> implements Defaulted<O, I> {
  declare readonly "~opt": "in"
}

function compose({ base, steps, notes }: Blueprint): Node {
  const { check, toJson } = base
  const [first, ...rest] = steps
  const fits = [base.fits, ...steps.map((step) => step.fits)]
  const define = (context: JsonSchemaContext): JsonSchema => {
    const json = toJson(context)
    for (const step of steps) if (step.json) narrow(json, step.json)
    return { ...json, ...jsonNotes(notes) }
  }
  const node: Node = {
    ...base,
    id: notes.id ?? base.id,
    fits: both(fits),
    isPure: base.isPure && !fits.includes(undefined),
    check: first === undefined ? check : rest.length === 0 ? two(check, first.check) : all(check, steps),
    define,
    toJson: (context) => (context.refersToNamed && notes.id !== undefined ? context.refer(node) : define(context)),
  }
  return node
}

/** Fits when all do; unknown when one is. */
function both(all: readonly (Fits | undefined)[]): Fits | undefined {
  const [first, second, ...rest] = all
  if (first === undefined || all.includes(undefined)) return undefined
  if (second === undefined) return first
  return both([(value) => first(value) && second(value), ...rest])
}

/** One step is the common case, and needs no loop. */
function two(check: Check, step: Check): Check {
  return (value, run) => {
    const before = run.count
    const checked = check(value, run)
    return run.count === before ? step(checked, run) : checked
  }
}

function all(check: Check, steps: readonly Step[]): Check {
  return (value, run) => {
    const before = run.count
    let current = check(value, run)
    // A step may rely on what the ones before it found true.
    for (let at = 0; at < steps.length && run.count === before; at++) current = steps[at]!.check(current, run)
    return current
  }
}

function jsonNotes({ id: _, ...notes }: SchemaNotes): JsonSchema {
  return { ...notes }
}

function propsOf<O, I>(node: Node): SchemaProps<O, I> {
  return {
    version: 1,
    vendor: "ashlar",
    validate: (value) => run(node, value) as ValidationResult<O>,
    jsonSchema: {
      input: ({ target, libraryOptions }) => schemaDocument(node, "input", target, libraryOptions),
      output: ({ target, libraryOptions }) => schemaDocument(node, "output", target, libraryOptions),
    },
  }
}
