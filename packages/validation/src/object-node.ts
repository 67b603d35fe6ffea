import { nearestOf } from "@ashlar/core"
import { type FieldFits, fitsFields, size } from "./fits-fields.ts"
import type { JsonSchema, JsonSchemaContext } from "./json-schema.ts"
import { fittedOf } from "./misfit.ts"
import { type Check, checkAt, createNode, type Fits, type Node, reportAbsent } from "./node.ts"
import { type Fields, isObject, setOwn } from "./own-fields.ts"
import type { Run } from "./run.ts"
import { kindOf, listed, quoted, sentence, type Term, term } from "./term.ts"

const AN_OBJECT = term("object")
/** Names that an advice lists. */
const MAX_LISTED = 12

/** What happens to a key that the shape does not have. */
export type UnknownKeys = "refuse" | "keep" | "drop"

/** A key and what fits it. */
export interface Field {
  readonly key: string
  readonly node: Node
}

/** A field with what is asked most of its node: all of one shape, which nodes are not to an engine. */
interface AskedField extends Field {
  readonly fits: Fits | undefined
  readonly check: Check
}

/** What a check of an object has to know. */
interface Plan {
  readonly fields: readonly AskedField[]
  readonly known: ReadonlySet<string>
  readonly unknownKeys: UnknownKeys
  readonly advise: (key: string) => Term
  /** Whether no field is called as something that every object inherits. */
  readonly isUnambiguous: boolean
}

export function objectNode(fields: readonly Field[], unknownKeys: UnknownKeys): Node {
  const known: ReadonlySet<string> = new Set(fields.map(({ key }) => key))
  const asked = fields.map(({ key, node }) => ({ key, node, fits: node.fits, check: node.check }))
  const plan: Plan = {
    fields: asked,
    known,
    unknownKeys,
    advise: adviserOf(known),
    isUnambiguous: !fields.some(({ key }) => key in Object.prototype),
  }
  return createNode({
    expected: AN_OBJECT,
    keys: known,
    check: (value, run) =>
      isObject(value) ? checkObject(plan, value, run) : run.expect("type", AN_OBJECT, kindOf(value)),
    fits: fitsObject(plan),
    isPure: unknownKeys !== "drop" && fields.every(({ node }) => node.isPure),
    isAsync: fields.some(({ node }) => node.isAsync),
    toJson: (context) => toJson(fields, unknownKeys, context),
  })
}

function fitsObject(plan: Plan): Fits | undefined {
  const { fields, unknownKeys, isUnambiguous } = plan
  if (!isUnambiguous) return undefined
  const asked: FieldFits[] = []
  for (const { key, node } of fields) {
    if (node.fits === undefined) return undefined
    asked.push({ key, fits: node.fitsGiven ?? node.fits, mayBeAbsent: node.absent === "kept" })
  }
  return fitsFields(asked, unknownKeys === "keep", plan)
}

/** The object itself, or a copy when a field was changed, filled in or dropped. */
function checkObject(plan: Plan, value: Fields, run: Run): unknown {
  const { fields, known, unknownKeys, isUnambiguous } = plan
  const start = run.count
  // Own properties only: `constructor` and `__proto__` are on every object, and nobody sent them.
  let copy: Fields | undefined
  const fitted = fittedOf(value, plan)
  const isPlain = fitted.isPlain || (isUnambiguous && Object.getPrototypeOf(value) === Object.prototype)
  let { present } = fitted
  for (let at = fitted.fields; at < fields.length && !run.isFull; at++) {
    const { key, node, fits, check } = fields[at]!
    const isThere = isPlain ? value[key] !== undefined || Object.hasOwn(value, key) : Object.hasOwn(value, key)
    const given = isThere ? value[key] : undefined
    if (isThere) present++
    // Most fields of an object with something wrong are right: only the others need a closer look.
    if (isThere && fits?.(given) === true) continue
    const before = run.count
    const checked = isThere ? checkAt(check, given, key, run) : absentValue(node, key, run)
    if (run.count === before && !Object.is(checked, given)) {
      copy ??= { ...value }
      setOwn(copy, key, checked)
    }
  }
  if (unknownKeys === "keep" || (isPlain && present === size(value))) return copy ?? value
  if (unknownKeys === "refuse") return refuseUnknown(plan, value, run) ? (copy ?? value) : undefined
  return run.count === start ? dropUnknown(known, copy ?? value) : undefined
}

function absentValue(node: Node, key: string, run: Run): unknown {
  const { absent } = node
  if (absent === "kept") return undefined
  if (absent !== "refused") return absent()
  const before = run.count
  reportAbsent(node, run)
  run.locate(before, key)
}

function refuseUnknown({ known, advise }: Plan, value: Fields, run: Run): boolean {
  let isGood = true
  // A loop and not Object.keys: no list is made for the usual case, in which every key is known.
  for (const key in value) {
    if (known.has(key) || !Object.hasOwn(value, key)) continue
    isGood = false
    if (run.isFull) break
    const before = run.count
    run.report({
      code: "unknown_key",
      sentence: (locale) => sentence("unknownKey", { key: quoted(key) }, locale),
      advice: advise(key),
    })
    run.locate(before, key)
  }
  return isGood
}

/** Advises the known key that was likely meant, or the first of those there are. */
function adviserOf(known: ReadonlySet<string>): (key: string) => Term {
  // Most schemas are never sent a key that they do not have.
  let advise: ((key: string) => Term) | undefined
  return (key) => {
    advise ??= createAdviser(known)
    return advise(key)
  }
}

function createAdviser(known: ReadonlySet<string>): (key: string) => Term {
  const nearest = nearestOf(known)
  const list = listed([...known].slice(0, MAX_LISTED))
  const keys = known.size > MAX_LISTED ? term("andMore", { list, count: String(known.size - MAX_LISTED) }) : list
  const otherwise = known.size === 0 ? term("noneKnown") : term("known", { keys })
  return (key) => {
    const near = nearest(key)
    return near === undefined ? otherwise : term("didYouMean", { near: quoted(near) })
  }
}

function dropUnknown(known: ReadonlySet<string>, value: Fields): Fields {
  const keys = Object.keys(value)
  if (keys.every((key) => known.has(key))) return value
  const kept: Fields = {}
  for (const key of keys) if (known.has(key)) setOwn(kept, key, value[key])
  return kept
}

function toJson(fields: readonly Field[], unknownKeys: UnknownKeys, context: JsonSchemaContext): JsonSchema {
  const properties: Fields = {}
  for (const { key, node } of fields) setOwn(properties, key, node.toJson(context.inside))
  const isRequired = ({ node: { absent } }: Field) =>
    absent === "refused" || (context.mode === "output" && typeof absent === "function")
  const required = fields.filter(isRequired).map(({ key }) => key)
  // What was dropped may be sent, and never comes out.
  const isClosed = unknownKeys === "refuse" || (unknownKeys === "drop" && context.mode === "output")
  if (isClosed) for (const key of context.foreign) if (!Object.hasOwn(properties, key)) setOwn(properties, key, true)
  return {
    type: "object",
    properties,
    ...(required.length > 0 && { required }),
    ...(isClosed && { additionalProperties: false }),
  }
}
