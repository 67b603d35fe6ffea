import { asJson } from "./as-json.ts"
import type { Message } from "./issue.ts"
import { type JsonSchema, orNull } from "./json-schema.ts"
import type { Locale } from "./locale.ts"
import type { Check, Node } from "./node.ts"
import { hide, Run, reword, speak, type Treatable } from "./run.ts"
import { either, verbatim } from "./term.ts"

/** Nodes around a node: what the methods `optional`, `nullable`, `default` and `transform` make. */

const NULL = verbatim("null")

export function optionalNode(inner: Node): Node {
  const { check, fits } = inner
  return {
    ...inner,
    inner,
    absent: "kept",
    values: undefined,
    fitsGiven: fits,
    fitsWithin: undefined,
    check: (value, run) => (value === undefined ? undefined : check(value, run)),
    fits: fits && ((value) => value === undefined || fits(value)),
  }
}

export function nullableNode(inner: Node): Node {
  const { check, fits } = inner
  return {
    ...inner,
    absent: "refused",
    expected: either([inner.expected, NULL]),
    values: inner.values && [...inner.values, null],
    fitsGiven: undefined,
    fitsWithin: undefined,
    check: (value, run) => (value === null ? null : check(value, run)),
    fits: fits && ((value) => value === null || fits(value)),
    toJson: (context) => orNull(inner.toJson(context)),
  }
}

export function defaultNode(inner: Node, given: unknown): Node {
  const { check, fits } = inner
  const fill = fillerOf(given)
  return {
    ...inner,
    inner,
    absent: fill,
    values: undefined,
    fitsGiven: undefined,
    fitsWithin: undefined,
    fits: fits && ((value) => value !== undefined && fits(value)),
    isPure: false,
    check: (value, run) => (value === undefined ? fill() : check(value, run)),
    toJson: (context) => withDefault(inner.toJson(context), given),
  }
}

/** What fits is taken, and for anything else there is a value. */
export function catchNode(inner: Node, given: unknown): Node {
  const fill = fillerOf(given)
  return {
    ...inner,
    inner,
    absent: fill,
    values: undefined,
    fitsGiven: undefined,
    fitsWithin: undefined,
    isPure: false,
    check(value, run) {
      const attempt = new Run(run.depth)
      const checked = inner.check(value, attempt)
      return attempt.count === 0 ? checked : fill()
    },
    toJson: (context) => withDefault(context.mode === "output" ? inner.toJson(context) : {}, given),
  }
}

function withDefault(json: JsonSchema, given: unknown): JsonSchema {
  // A default that is made anew each time (an id, the time) is no constant to be published.
  if (typeof given === "function") return json
  const value = asJson(given)
  return value === undefined ? json : { ...json, default: value }
}

function fillerOf(given: unknown): () => unknown {
  if (typeof given === "function") return () => given()
  // A shared object would carry what one caller does to it over to the next.
  if (typeof given === "object" && given !== null) return () => structuredClone(given)
  return () => given
}

/** Thrown by `fail` and caught where it was called from; no Error, so that a refusal does not pay for a stack. */
class Refusal {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

function fail(message: string): never {
  throw new Refusal(message)
}

export type Change = (value: unknown, fail: (message: string) => never) => unknown

export function transformNode(inner: Node, change: Change): Node {
  return {
    ...inner,
    absent: "refused",
    inner: undefined,
    values: undefined,
    fitsGiven: undefined,
    fitsWithin: undefined,
    fits: undefined,
    isPure: false,
    check(value, run) {
      const before = run.count
      const checked = inner.check(value, run)
      if (run.count !== before) return undefined
      try {
        return change(checked, fail)
      } catch (error) {
        if (error instanceof Refusal) return run.report({ code: "refused", message: error.message })
        throw error
      }
    },
    toJson: (context) => (context.mode === "output" ? {} : inner.toJson(context)),
  }
}

/** One node after the other. */
export function pipeNode(first: Node, next: Node): Node {
  const { check, fits } = first
  const { check: checkNext, fits: fitsNext } = next
  return {
    ...first,
    absent: "refused",
    inner: undefined,
    values: undefined,
    fitsGiven: undefined,
    fitsWithin: undefined,
    fits: fits && fitsNext && ((value) => fits(value) && fitsNext(value)),
    isPure: first.isPure && next.isPure,
    isAsync: first.isAsync || next.isAsync,
    isSecret: first.isSecret || next.isSecret,
    check(value, run) {
      const before = run.count
      const checked = check(value, run)
      return run.count === before ? checkNext(checked, run) : undefined
    },
    // What a change of the first makes of it is for the second to say; where there is none, both hold.
    toJson: (context) =>
      context.mode === "output"
        ? next.toJson(context)
        : first.isPure
          ? bothHold(first.toJson(context), next.toJson(context))
          : first.toJson(context),
  }
}

function bothHold(one: JsonSchema, other: JsonSchema): JsonSchema {
  return { allOf: [one, other] }
}

export function messageNode(inner: Node, message: Message): Node {
  return { ...inner, message, check: treated(inner.check, (one) => reword(one, message)) }
}

export function secretNode(inner: Node): Node {
  return {
    ...inner,
    isSecret: true,
    check: treated(inner.check, hide),
    toJson(context) {
      const json = inner.toJson(context)
      return json.type === "string" && !("format" in json) ? { ...json, format: "password" } : json
    },
  }
}

export function localeNode(inner: Node, locale: Locale): Node {
  return { ...inner, check: treated(inner.check, (one) => speak(one, locale)) }
}

/** Does something about whatever a check says. */
function treated(check: Check, treat: (one: Treatable) => void): Check {
  return (value, run) => {
    const { mark } = run
    const checked = check(value, run)
    run.since(mark, treat)
    return checked
  }
}
