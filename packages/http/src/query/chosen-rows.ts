import type { StandardIssue, StandardOptions, StandardResult } from "@ashlar/core"
import type { BaseContext } from "../context/context.ts"
import { type Trim, trimOf } from "../output/trim.ts"
import type { View, ViewCarrier } from "../output/view.ts"
import type { JsonSchema } from "../routes/json-schema.ts"
import { isObject } from "../routes/schema-root.ts"
import type { AnySchema } from "../schema.ts"
import { project } from "../serialization/project.ts"
import { type MemberPath, Selection } from "../serialization/selection.ts"
import { keyOf, outlineFor, type Serialized } from "../serialization/serialize.ts"

/** Choices whose trims are kept. */
const MAX_KEPT = 256

/** A list of rows, each answered with the fields that its caller chose: with all of them where it chose none. */
export class ChosenRows implements Serialized<unknown, unknown> {
  readonly "~standard": Serialized<unknown, unknown>["~standard"]
  readonly "~view": View
  readonly #schema: AnySchema
  readonly #outline: JsonSchema
  readonly #fields: readonly MemberPath[]
  readonly #trims = new Map<string, Trim | undefined>()

  /** @param fields Those that may be chosen. */
  constructor(schema: AnySchema, fields: readonly string[]) {
    this.#schema = schema
    this.#outline = outlineFor(schema, fields)
    this.#fields = fields.map((field) => field.split("."))
    const { vendor } = schema["~standard"]
    const row = this.#describe(fields)
    const described = (): Record<string, unknown> => {
      const { $defs, ...items } = row
      return { type: "array", items, ...($defs !== undefined && { $defs }) }
    }
    this["~standard"] = {
      version: 1,
      vendor,
      validate: (value, options) => this.#validate(value, options),
      jsonSchema: { input: described, output: described },
    }
    const whole = this.#trimOf(this.#outline)
    this["~view"] = {
      trim: whole,
      trimFor: (ctx) => each(viewInside(schema)?.trimFor?.(ctx), this.#trimFor(ctx, whole)),
    }
  }

  /** Of every row any member may be absent, and any part of one that can be chosen in parts. */
  #describe(fields: readonly string[]): JsonSchema {
    if (fields.length === 0) return this.#outline
    const { properties } = this.#outline
    const all = [...Object.keys(isObject(properties) ? properties : {}), ...fields]
    return project(this.#outline, { selection: new Selection(all, []), isOptional: (path) => this.#isOptional(path) })
  }

  #isOptional(path: MemberPath): boolean {
    return this.#fields.some(
      (field) => path.length <= field.length && path.slice(0, -1).every((key, at) => key === field[at]),
    )
  }

  #trimFor({ query }: BaseContext, whole: Trim | undefined): Trim | undefined {
    const { fields } = (query ?? {}) as { readonly fields?: readonly string[] }
    if (fields === undefined) return whole
    const key = fields.join("\n")
    if (!this.#trims.has(key)) {
      if (this.#trims.size >= MAX_KEPT) this.#trims.clear()
      const selection = new Selection(fields, [])
      this.#trims.set(key, this.#trimOf(project(this.#outline, { selection, refusesHidden: true })))
    }
    return this.#trims.get(key)
  }

  #trimOf({ $defs, ...items }: JsonSchema): Trim | undefined {
    const list = { type: "array", items, ...($defs !== undefined && { $defs }) }
    const { vendor } = this.#schema["~standard"]
    return trimOf({
      "~standard": { version: 1, vendor, validate: unused, jsonSchema: { output: () => list } },
    } as AnySchema)
  }

  /** What is there must fit; what could have been left out need not be there. */
  async #validate(value: unknown, options: StandardOptions | undefined): Promise<StandardResult<unknown>> {
    if (!Array.isArray(value)) return { issues: [{ message: "Expected a list of rows." }] }
    const found: StandardIssue[] = []
    for (const [at, row] of value.entries()) {
      const { issues = [] } = await this.#schema["~standard"].validate(row, options)
      for (const issue of issues) {
        const path = Array.from(issue.path ?? [], keyOf)
        const isAbsent = valueAt(row, path) === undefined && this.#isOptional(path.filter((key) => !INDEX.test(key)))
        if (!isAbsent) found.push({ ...issue, path: [at, ...path] })
      }
    }
    return found.length === 0 ? { value } : { issues: found }
  }
}

/** What the schema of a row says itself of who is answered how much. */
function viewInside(schema: AnySchema & ViewCarrier): View | undefined {
  return schema["~view"]
}

/** Rows, of each what its caller may see, and of that what it chose. */
function each(shown: Trim | undefined, chosen: Trim | undefined): Trim | undefined {
  if (shown === undefined) return chosen
  return (value) => {
    const rows = Array.isArray(value) ? value.map(shown) : value
    return chosen === undefined ? rows : chosen(rows)
  }
}

/** Keys are texts; a place in a list says nothing about what may be absent. */
const INDEX = /^\d+$/

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Record<string, unknown>)[key]
        : undefined,
    value,
  )
}

function unused(value: unknown): StandardResult<unknown> {
  return { value }
}
