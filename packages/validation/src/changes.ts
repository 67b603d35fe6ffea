import { orNull } from "./json-schema.ts"
import type { Node } from "./node.ts"

/** Nodes around a node: what the methods `optional`, `nullable`, `default` and `transform` make. */

export function optionalNode(inner: Node): Node {
  return {
    ...inner,
    absent: "kept",
    check: (value, run) => (value === undefined ? undefined : inner.check(value, run)),
    fits: inner.fits && ((value) => value === undefined || inner.fits!(value)),
  }
}

export function nullableNode(inner: Node): Node {
  return {
    ...inner,
    absent: "refused",
    expected: `${inner.expected} or null`,
    check: (value, run) => (value === null ? null : inner.check(value, run)),
    fits: inner.fits && ((value) => value === null || inner.fits!(value)),
    toJson: (context) => orNull(inner.toJson(context)),
  }
}

export function defaultNode(inner: Node, given: unknown): Node {
  const fill = fillerOf(given)
  return {
    ...inner,
    absent: fill,
    fits: inner.fits && ((value) => value !== undefined && inner.fits!(value)),
    isPure: false,
    check: (value, run) => (value === undefined ? fill() : inner.check(value, run)),
    toJson(context) {
      const json = inner.toJson(context)
      // A default that is made anew each time (an id, the time) is no constant to be published.
      return typeof given === "function" ? json : { ...json, default: given }
    },
  }
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
