import type { JsonSchema, JsonSchemaContext } from "../json-schema.ts"
import { createNode, type Fits, type Node } from "../node.ts"
import type { Run } from "../run.ts"
import { type Term, term } from "../term.ts"
import { isJsonObject, type JsonObject, type JsonValue, publicJson } from "./json-copy.ts"
import type { Meter } from "./meter.ts"
import type { Seen } from "./seen.ts"

/** What a keyword demands, together with its neighbours where it is about what they leave. */
export interface Keyword {
  readonly fits: Fits
  /** Adds the issues of a value, if there are any. */
  readonly explain: (value: unknown, run: Run) => void
  /** Notes the members that this has looked at, of a value that fits. */
  readonly see?: (value: unknown, seen: Seen) => void
  /** The parts that are asked about the same value. */
  readonly inPlace?: readonly Part[]
  /** Whether it is about what all others leave, and so is asked last. */
  readonly isLast?: boolean
  /** Itself and its neighbours in JSON Schema 2020-12, where that is more than a copy. */
  readonly toJson?: (context: JsonSchemaContext) => JsonSchema
}

/** Said otherwise in what is given out: references are made anew, and definitions put where those lead. */
const REWRITTEN = new Set([
  "$schema",
  "$id",
  "$anchor",
  "$dynamicAnchor",
  "$ref",
  "$dynamicRef",
  "$vocabulary",
  "$defs",
  "definitions",
  "dependencies",
  "additionalItems",
  "contentSchema",
])

/** One schema of a document, asked about a value. Its keywords are found after it is made, since it may contain itself. */
export class Part {
  keywords: readonly Keyword[] = []
  /** For "Expected …". */
  expected: Term = term("any")
  readonly schema: JsonValue
  private readonly meter: Meter
  readonly #name: string | undefined
  #node: Node | undefined

  constructor(schema: JsonValue, meter: Meter, name?: string) {
    this.schema = schema
    this.meter = meter
    this.#name = name
  }

  fits(value: unknown): boolean {
    const { keywords } = this
    if (keywords.length === 0) return true
    if (!this.meter.enter()) return false
    let isGood = true
    for (let at = 0; at < keywords.length && isGood; at++) isGood = keywords[at]!.fits(value)
    this.meter.leave()
    return isGood
  }

  explain(value: unknown, run: Run): void {
    if (run.isFull || !this.meter.enter()) return
    const before = run.count
    // What is left over is no mistake while others are: it may be what they have asked for.
    for (const keyword of this.keywords)
      if (!run.isFull && (run.count === before || keyword.isLast !== true)) keyword.explain(value, run)
    this.meter.leave()
  }

  /** Says of a part of a value what is wrong with it, and where that is. */
  explainAt(value: unknown, key: string | number, run: Run): void {
    const before = run.count
    this.explain(value, run)
    if (run.count !== before) run.locate(before, key)
  }

  see(value: unknown, seen: Seen): void {
    if (!this.meter.enter()) return
    for (const { see } of this.keywords) see?.(value, seen)
    this.meter.leave()
  }

  /** As a schema of its own, for references to it. */
  get node(): Node {
    this.#node ??= {
      ...createNode({
        expected: this.expected,
        check: (value) => value,
        toJson: (context) => objectOf(this.toJson(context)),
      }),
      id: this.#name,
    }
    return this.#node
  }

  /** As it stands inside another schema. */
  toJson(context: JsonSchemaContext): JsonSchema | boolean {
    if (!isJsonObject(this.schema)) return this.schema === true
    const json: JsonSchema = copyWithout(this.schema, REWRITTEN)
    for (const { toJson } of this.keywords) if (toJson !== undefined) Object.assign(json, toJson(context))
    return json
  }
}

/** A schema as an object: `false` as one that nothing fits. */
export function objectOf(json: JsonSchema | boolean): JsonSchema {
  return typeof json === "object" ? json : json ? {} : { not: {} }
}

function copyWithout(schema: JsonObject, left: ReadonlySet<string>): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([keyword]) => !left.has(keyword))
      .map(([keyword, value]) => [keyword, publicJson(value)]),
  )
}
