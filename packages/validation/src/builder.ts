import { asJson } from "./as-json.ts"
import type { Branded } from "./brand.ts"
import {
  type Change,
  catchNode,
  defaultNode,
  localeNode,
  messageNode,
  nullableNode,
  optionalNode,
  pipeNode,
  secretNode,
  transformNode,
} from "./changes.ts"
import type { Message, Report } from "./issue.ts"
import { type JsonSchema, type JsonSchemaContext, narrow } from "./json-schema.ts"
import type { Locale } from "./locale.ts"
import { anyNodeOf, type Check, type Fits, type Node, nodeOf } from "./node.ts"
import { propsOf } from "./props.ts"
import type { AsyncRule, Rule } from "./rule.ts"
import type {
  AnySchema,
  AsyncOptional,
  AsyncSchema,
  Defaulted,
  Optional,
  RefineOptions,
  Schema,
  SchemaNotes,
  SchemaProps,
} from "./schema.ts"

/** A check or change that was added to a schema, and what JSON Schema says of it. */
export interface Step {
  readonly check: Check
  readonly json?: JsonSchema | undefined
  /** Whether the step leaves the value as it is; undefined when it may change it. */
  readonly fits?: Fits | undefined
  /** Where the step is no more than a bound: what it is, to be asked about together with the type. */
  readonly bound?: Bound
  /** Whether its `fits` asks about the type too. */
  readonly looksAtType?: boolean
  /** The step answers later. */
  readonly isAsync?: boolean
}

/** A bound of a number's value, or of a text's length. */
export interface Bound {
  readonly least?: number
  readonly most?: number
}

/** Everything a schema is, apart from its methods. Methods answer a new schema with a changed copy of this. */
export interface Blueprint {
  readonly base: Node
  readonly steps: readonly Step[]
  readonly notes: SchemaNotes
  readonly message?: Message
  readonly locale?: Locale
  readonly isSecret?: boolean
}

/** A blueprint without steps and notes. */
export function blueprint(base: Node): Blueprint {
  return { base, steps: [], notes: {} }
}

/** The methods every schema has. A subclass adds those of its type, and a `rebuild` that makes one of its own. */
export class SchemaBuilder<O, I = O> implements Schema<O, I> {
  declare readonly "~o": O
  declare readonly "~i": I
  declare readonly "~async"?: undefined
  readonly "~node": Node
  readonly "~standard": SchemaProps<O, I>
  protected readonly plan: Blueprint

  constructor(plan: Blueprint) {
    this.plan = plan
    this["~node"] = compose(plan)
    this["~standard"] = propsOf<O, I>(this["~node"])
  }

  optional(): Optional<O, I> {
    return new OptionalBuilder<O, I>(blueprint(optionalNode(anyNodeOf(this))))
  }

  nullable(): Schema<O | null, I | null> {
    return new SchemaBuilder<O | null, I | null>(blueprint(nullableNode(anyNodeOf(this))))
  }

  nullish(): Optional<O | null, I | null> {
    return new OptionalBuilder<O | null, I | null>(blueprint(optionalNode(nullableNode(anyNodeOf(this)))))
  }

  default(value: O | (() => O)): Defaulted<O, I> {
    return new DefaultedBuilder<O, I>(blueprint(defaultNode(anyNodeOf(this), value)))
  }

  catch(value: O | (() => O)): Defaulted<O, unknown> {
    return new DefaultedBuilder<O, unknown>(blueprint(catchNode(anyNodeOf(this), value)))
  }

  refine(accepts: (value: O) => boolean, options?: Message | RefineOptions): this {
    const { message, path } = refinement(options)
    return this.#rule((value) => accepts(value as O), { code: "refused", message }, path)
  }

  rule({ name, message, accepts }: Rule<O>): this {
    return this.#rule((value) => accepts(value as O), { code: "refused", rule: name, message })
  }

  #rule(accepts: (value: unknown) => boolean, report: Report, path: readonly (string | number)[] = []): this {
    return this.step({
      check(value, run) {
        if (accepts(value)) return value
        const before = run.count
        run.report(report)
        run.move(before, path)
      },
      fits: (value) => accepts(value) === true,
    })
  }

  refineAsync(accepts: (value: O) => Promise<boolean>, options?: Message | RefineOptions): AsyncSchema<O, I> {
    const { message, path } = refinement(options)
    return this.#ruleAsync((value) => accepts(value as O), { code: "refused", message }, path)
  }

  ruleAsync({ name, message, accepts }: AsyncRule<O>): AsyncSchema<O, I> {
    return this.#ruleAsync((value) => accepts(value as O), { code: "refused", rule: name, message })
  }

  #ruleAsync(
    accepts: (value: unknown) => Promise<boolean>,
    report: Report,
    path: readonly (string | number)[] = [],
  ): AsyncSchema<O, I> {
    const step = this.step({
      check(value, run) {
        const waiting = run.waitingCount
        run.defer(async () => ((await accepts(value)) ? undefined : report))
        for (const key of path.toReversed()) run.locateWaiting(waiting, key)
        return value
      },
      isAsync: true,
    })
    return step as unknown as AsyncSchema<O, I> & AsyncOptional<O, I>
  }

  transform<U>(change: (value: O, fail: (message: string) => never) => U): Schema<U, I> {
    return new SchemaBuilder<U, I>(blueprint(transformNode(anyNodeOf(this), change as Change)))
  }

  pipe<S extends AnySchema>(next: O extends S["~i"] ? S : never): Schema<S["~o"], I> {
    return new SchemaBuilder<S["~o"], I>(blueprint(pipeNode(anyNodeOf(this), nodeOf(next))))
  }

  brand<const B extends string>(_name: B): Schema<Branded<O, B>, I> {
    return this as unknown as Schema<Branded<O, B>, I>
  }

  message(message: Message): this {
    return this.rebuild({ ...this.plan, message })
  }

  secret(): this {
    return this.rebuild({ ...this.plan, isSecret: true })
  }

  locale(locale: Locale): this {
    return this.rebuild({ ...this.plan, locale })
  }

  describe(description: string): this {
    return this.meta({ description })
  }

  meta(notes: SchemaNotes): this {
    return this.rebuild({ ...this.plan, notes: { ...this.plan.notes, ...notes } })
  }

  /** The same schema with one more step. @param message For what the step refuses. */
  protected step(step: Step, message?: Message): this {
    const { check } = step
    const told = message === undefined ? check : reworded(check, message)
    return this.rebuild({ ...this.plan, steps: [...this.plan.steps, { ...step, check: told }] })
  }

  /** The same schema by another plan. */
  protected rebuild(plan: Blueprint): this {
    return new SchemaBuilder<O, I>(plan) as this
  }
}

class OptionalBuilder<O, I> extends SchemaBuilder<O | undefined, I | undefined> implements Optional<O, I> {
  declare readonly "~opt": "both"

  protected override rebuild(plan: Blueprint): this {
    return new OptionalBuilder<O, I>(plan) as this
  }
}

class DefaultedBuilder<O, I> extends SchemaBuilder<O, I | undefined> implements Defaulted<O, I> {
  declare readonly "~opt": "in"

  protected override rebuild(plan: Blueprint): this {
    return new DefaultedBuilder<O, I>(plan) as this
  }
}

function refinement(options: Message | RefineOptions = {}): RefineOptions {
  return typeof options === "object" ? options : { message: options }
}

function compose({ base, steps, notes, message, locale, isSecret = false }: Blueprint): Node {
  let node = steps.length === 0 ? base : withSteps(base, steps)
  if (message !== undefined) node = messageNode(node, message)
  if (locale !== undefined) node = localeNode(node, locale)
  if (isSecret) node = secretNode(node)
  return withNotes(node, notes)
}

function withNotes(node: Node, { id, pii, ...notes }: SchemaNotes): Node {
  const define = (context: JsonSchemaContext): JsonSchema => ({
    ...node.toJson(context),
    ...asJson(notes),
    ...(pii !== undefined && { "x-pii": pii }),
  })
  const noted: Node = {
    ...node,
    id: id ?? node.id,
    define,
    toJson: (context) =>
      context.refersToNamed && id !== undefined && context.foreign.size === 0 ? context.refer(noted) : define(context),
  }
  return noted
}

/** Those of which what comes out is sure: what was checked before a change need not be so after it. */
function lastSteps(steps: readonly Step[]): readonly Step[] {
  const change = steps.findLastIndex(({ fits, isAsync = false }) => fits === undefined && !isAsync)
  return steps.slice(change + 1)
}

function withSteps(base: Node, steps: readonly Step[]): Node {
  const [first, ...rest] = steps
  const fits = fitsAll(base, steps)
  return {
    ...base,
    fits,
    fitsGiven: undefined,
    fitsWithin: undefined,
    isPure: base.isPure && fits !== undefined,
    isAsync: base.isAsync || steps.some((step) => step.isAsync === true),
    check: rest.length === 0 ? two(base.check, first!.check) : all(base.check, steps),
    toJson(context) {
      const json = base.toJson(context)
      for (const step of context.mode === "input" ? steps : lastSteps(steps)) if (step.json) narrow(json, step.json)
      return json
    },
  }
}

function reworded(check: Check, message: Message): Check {
  return (value, run) => {
    const before = run.count
    const checked = check(value, run)
    if (run.count !== before) run.reword(before, message)
    return checked
  }
}

/** Fits when base and steps do, asked about as much at once as can be; undefined when one of them is. */
function fitsAll({ fits, fitsWithin }: Node, steps: readonly Step[]): Fits | undefined {
  if (fits === undefined || steps.some((step) => step.fits === undefined)) return undefined
  const bounds = fitsWithin === undefined ? [] : steps.flatMap(({ bound }) => bound ?? [])
  const others = steps.filter(({ bound }) => fitsWithin === undefined || bound === undefined)
  const within =
    bounds.length === 0
      ? fits
      : fitsWithin!(
          Math.max(...bounds.map(({ least = Number.NEGATIVE_INFINITY }) => least)),
          Math.min(...bounds.map(({ most = Number.POSITIVE_INFINITY }) => most)),
        )
  const isAskedByFirst = bounds.length === 0 && others[0]?.looksAtType === true
  return conjunction([...(isAskedByFirst ? [] : [within]), ...others.map((step) => step.fits!)])
}

function conjunction([first, second, third, ...rest]: readonly Fits[]): Fits {
  if (second === undefined) return first!
  if (third === undefined) return (value) => first!(value) && second(value)
  const three: Fits = (value) => first!(value) && second(value) && third(value)
  return rest.length === 0 ? three : conjunction([three, ...rest])
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
  const checks = steps.map((step) => step.check)
  return (value, run) => {
    const before = run.count
    let current = check(value, run)
    // A step may rely on what the ones before it found true.
    for (let at = 0; at < checks.length && run.count === before; at++) current = checks[at]!(current, run)
    return current
  }
}
