import { nearest } from "@ashlar/core"
import type { Run } from "./issue.ts"
import type { JsonSchema, JsonSchemaContext } from "./json-schema.ts"
import { checkAt, createNode, type Fits, type Node, reportAbsent } from "./node.ts"
import { type Fields, isObject, setOwn } from "./own-fields.ts"
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

export function objectNode(fields: readonly Field[], unknownKeys: UnknownKeys): Node {
  const known: ReadonlySet<string> = new Set(fields.map(({ key }) => key))
  return createNode({
    expected: AN_OBJECT,
    keys: known,
    check(value, run) {
      if (!isObject(value)) return run.expect("type", AN_OBJECT, kindOf(value))
      const before = run.count
      const checked = checkFields(fields, value, run)
      if (unknownKeys === "keep") return checked
      if (unknownKeys === "refuse") return refuseUnknown(known, value, run) ? checked : undefined
      return run.count === before ? dropUnknown(known, checked) : undefined
    },
    fits: fitsObject(fields, unknownKeys),
    isPure: unknownKeys !== "drop" && fields.every(({ node }) => node.isPure),
    isAsync: fields.some(({ node }) => node.isAsync),
    toJson: (context) => toJson(fields, unknownKeys, context),
  })
}

/** Plain objects only, and no field that every object inherits: there a look-up tells what was sent. */
function fitsObject(fields: readonly Field[], unknownKeys: UnknownKeys): Fits | undefined {
  const keys = fields.map(({ key }) => key)
  const checks = fields.map(({ node }) => node.fits)
  if (checks.includes(undefined) || keys.some((key) => key in Object.prototype)) return undefined
  const present = presentFields(
    keys.map((key, at) => ({ key, fits: checks[at]!, mayBeAbsent: fields[at]!.node.absent === "kept" })),
  )
  return (value) => {
    if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false
    const count = present(value as Fields)
    return count >= 0 && (unknownKeys === "keep" || count === size(value))
  }
}

interface FieldFits {
  readonly key: string
  readonly fits: Fits
  readonly mayBeAbsent: boolean
}

/** Counts the fields that are there and fit; -1 when one does not fit. */
type CountFields = (value: Fields) => number

function presentFields(fields: readonly FieldFits[]): CountFields {
  const groups: CountFields[] = []
  const whole = fields.length - (fields.length % 4)
  for (let at = 0; at < whole; at += 4)
    groups.push(fourFields(fields[at]!, fields[at + 1]!, [fields[at + 2]!, fields[at + 3]!]))
  if (whole < fields.length) groups.push(someFields(fields.slice(whole)))
  const [first] = groups
  if (first === undefined) return () => 0
  return groups.length === 1 ? first : allGroups(groups)
}

function allGroups(groups: readonly CountFields[]): CountFields {
  return (value) => {
    let present = 0
    for (let at = 0; at < groups.length; at++) {
      const count = groups[at]!(value)
      if (count < 0) return -1
      present += count
    }
    return present
  }
}

function someFields(fields: readonly FieldFits[]): CountFields {
  return (value) => {
    let present = 0
    for (let at = 0; at < fields.length; at++) {
      const { key, fits, mayBeAbsent } = fields[at]!
      const given = value[key]
      if (given === undefined) {
        if (!mayBeAbsent) return -1
      } else if (fits(given)) present++
      else return -1
    }
    return present
  }
}

/** The same for four, written out: a loop over lists of keys and checks takes twice as long on V8, half as long again on JSC. */
function fourFields(a: FieldFits, b: FieldFits, [c, d]: readonly [FieldFits, FieldFits]): CountFields {
  const { key: keyA, fits: fitsA, mayBeAbsent: freeA } = a
  const { key: keyB, fits: fitsB, mayBeAbsent: freeB } = b
  const { key: keyC, fits: fitsC, mayBeAbsent: freeC } = c
  const { key: keyD, fits: fitsD, mayBeAbsent: freeD } = d
  return (value) => {
    let present = 0
    let given = value[keyA]
    if (given !== undefined) present++
    if (given === undefined ? !freeA : !fitsA(given)) return -1
    given = value[keyB]
    if (given !== undefined) present++
    if (given === undefined ? !freeB : !fitsB(given)) return -1
    given = value[keyC]
    if (given !== undefined) present++
    if (given === undefined ? !freeC : !fitsC(given)) return -1
    given = value[keyD]
    if (given !== undefined) present++
    if (given === undefined ? !freeD : !fitsD(given)) return -1
    return present
  }
}

function size(value: object): number {
  let keys = 0
  for (const _ in value) keys++
  return keys
}

/** The object itself, or a copy when a field was changed or filled in. */
function checkFields(fields: readonly Field[], value: Fields, run: Run): Fields {
  let copy: Fields | undefined
  for (let at = 0; at < fields.length && !run.isFull; at++) {
    const { key, node } = fields[at]!
    const before = run.count
    // Own properties only: `constructor` and `__proto__` are on every object, and nobody sent them.
    const isThere = Object.hasOwn(value, key)
    const given = isThere ? value[key] : undefined
    const checked = isThere ? checkAt(node, given, key, run) : absentValue(node, key, run)
    if (run.count === before && !Object.is(checked, given)) {
      copy ??= { ...value }
      setOwn(copy, key, checked)
    }
  }
  return copy ?? value
}

function absentValue(node: Node, key: string, run: Run): unknown {
  const { absent } = node
  if (absent === "kept") return undefined
  if (absent !== "refused") return absent()
  const before = run.count
  reportAbsent(node, run)
  run.locate(before, key)
}

function refuseUnknown(known: ReadonlySet<string>, value: Fields, run: Run): boolean {
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
      advice: advise(key, known),
    })
    run.locate(before, key)
  }
  return isGood
}

/** The known key that was likely meant, or the first of those there are. */
function advise(key: string, known: ReadonlySet<string>): Term {
  const near = nearest(key, known)
  if (near !== undefined) return term("didYouMean", { near: quoted(near) })
  if (known.size === 0) return term("noneKnown")
  const list = listed([...known].slice(0, MAX_LISTED))
  const keys = known.size > MAX_LISTED ? term("andMore", { list, count: String(known.size - MAX_LISTED) }) : list
  return term("known", { keys })
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
  for (const { key, node } of fields) setOwn(properties, key, node.toJson(context))
  const isRequired = ({ node: { absent } }: Field) =>
    absent === "refused" || (context.mode === "output" && typeof absent === "function")
  const required = fields.filter(isRequired).map(({ key }) => key)
  return {
    type: "object",
    properties,
    ...(required.length > 0 && { required }),
    // What was dropped may be sent, and never comes out.
    ...((unknownKeys === "refuse" || (unknownKeys === "drop" && context.mode === "output")) && {
      additionalProperties: false,
    }),
  }
}
