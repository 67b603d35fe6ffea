import { didYouMean, nearest } from "@ashlar/core"
import { OperatorUnknown, UpdateInvalid } from "./errors.ts"
import { type Filter, parseElementTest } from "./filter.ts"
import { languageLimits } from "./limits.ts"
import { type Path, parsePath, pathText } from "./path.ts"
import { refuse, shown } from "./shape.ts"
import { quote } from "./text.ts"
import { canonical, escapePointer, isArray, isObject, type Json, type JsonObject } from "./value.ts"

/** A change of one document, as data: operators on paths, or a merge patch (RFC 7396). */
export type Update =
  | { readonly kind: "operators"; readonly operations: readonly UpdateOperation[] }
  | { readonly kind: "merge"; readonly patch: JsonObject }

export type UpdateOperation =
  | { readonly op: "$set"; readonly path: Path; readonly value: Json }
  | { readonly op: "$unset"; readonly path: Path }
  | { readonly op: "$inc"; readonly path: Path; readonly value: number }
  | { readonly op: "$min" | "$max"; readonly path: Path; readonly value: number | string }
  | { readonly op: "$push" | "$addToSet"; readonly path: Path; readonly values: readonly Json[] }
  | { readonly op: "$pull"; readonly path: Path; readonly test: PullTest }

/** Which elements `$pull` takes out: those equal to a value, or those that fit a test as in `$elemMatch`. */
export type PullTest =
  | { readonly kind: "value"; readonly value: Json }
  | { readonly kind: "test"; readonly elements: "any" | "objects"; readonly filter: Filter }

const operators = ["$set", "$unset", "$inc", "$min", "$max", "$push", "$pull", "$addToSet"] as const
type Operator = (typeof operators)[number]

/**
 * Reads an update: an object whose keys are operators, or, when no key starts with `$`, a merge patch.
 *
 * @throws {DOCUMENTS_OPERATOR_UNKNOWN} with the nearest operator. @throws {DOCUMENTS_UPDATE_INVALID} for operands of the wrong
 *   type, operators mixed with keys, and two operations on one path or on a path and its prefix.
 * @throws {DOCUMENTS_PATH_INVALID} @throws {DOCUMENTS_VALUE_INVALID}
 */
export function parseUpdate(input: unknown): Update {
  if (!isObject(input)) throw refuse(UpdateInvalid, { at: "", expected: "an object", got: input })
  const keys = Object.keys(input)
  if (!keys.some((key) => key.startsWith("$"))) {
    canonical(input)
    return { kind: "merge", patch: input }
  }
  const operations = keys.flatMap((key) => {
    const at = `/${escapePointer(key)}`
    if (!key.startsWith("$")) {
      throw refuse(UpdateInvalid, { at, expected: "only operators beside operators", got: key })
    }
    if (!(operators as readonly string[]).includes(key)) throw unknownOperator(key, operators, at)
    return readOperator(key as Operator, input[key], at)
  })
  checkApart(operations)
  return { kind: "operators", operations }
}

function readOperator(op: Operator, operand: unknown, at: string): UpdateOperation[] {
  if (op === "$unset") {
    if (!isArray(operand)) throw refuse(UpdateInvalid, { at, expected: "a list of paths", got: operand })
    return operand.map((path, i) => ({ op, path: parsePath(path, `${at}/${i}`) }))
  }
  if (!isObject(operand)) throw refuse(UpdateInvalid, { at, expected: "an object of paths", got: operand })
  return Object.entries(operand).map(([key, value]) => {
    const inner = `${at}/${escapePointer(key)}`
    return readOperation(op, { path: parsePath(key, inner), value }, inner)
  })
}

function readOperation(
  op: Exclude<Operator, "$unset">,
  { path, value }: { readonly path: Path; readonly value: unknown },
  at: string,
): UpdateOperation {
  canonical(value, at)
  const operand = value as Json
  switch (op) {
    case "$set":
      return { op, path, value: operand }
    case "$inc":
      if (typeof operand !== "number") throw refuse(UpdateInvalid, { at, expected: "a number", got: value })
      return { op, path, value: operand }
    case "$min":
    case "$max":
      if (typeof operand !== "number" && typeof operand !== "string") {
        throw refuse(UpdateInvalid, { at, expected: "a number or a string", got: value })
      }
      return { op, path, value: operand }
    case "$push":
    case "$addToSet":
      return { op, path, values: readEach(operand, at) }
    case "$pull":
      return {
        op,
        path,
        test: isObject(operand)
          ? { kind: "test", ...parseElementTest(operand, at) }
          : { kind: "value", value: operand },
      }
  }
}

/** One value, or several as `{ "$each": [ … ] }`. */
function readEach(operand: Json, at: string): readonly Json[] {
  if (!isObject(operand)) return [operand]
  const key = Object.keys(operand).find((name) => name.startsWith("$"))
  if (key === undefined) return [operand]
  if (key !== "$each") throw unknownOperator(key, ["$each"], `${at}/${escapePointer(key)}`)
  const each = operand.$each
  if (!isArray(each) || Object.keys(operand).length !== 1 || each.length > languageLimits.listValues) {
    const expected = `$each alone, with a list of at most ${languageLimits.listValues} values`
    throw refuse(UpdateInvalid, { at, expected, got: operand })
  }
  return each
}

/**
 * Two operations that meet would depend on an order that an object does not have.
 */
function checkApart(operations: readonly UpdateOperation[]): void {
  if (operations.length > languageLimits.updatePaths) {
    throw refuse(UpdateInvalid, {
      at: "",
      expected: `at most ${languageLimits.updatePaths} paths`,
      got: operations.length,
    })
  }
  const whole = new Set<string>()
  for (const { path } of operations) {
    const text = JSON.stringify(path)
    if (whole.has(text)) throw meeting(path, path)
    whole.add(text)
  }
  for (const { path } of operations) {
    for (let length = 1; length < path.length; length++) {
      const prefix = path.slice(0, length)
      if (whole.has(JSON.stringify(prefix))) throw meeting(prefix, path)
    }
  }
}

function meeting(a: Path, b: Path): InstanceType<typeof UpdateInvalid> {
  return new UpdateInvalid(
    `Expected operations on separate paths, got two that meet: ${quote(pathText(a))} and ${quote(pathText(b))}. Make two updates of it.`,
    { details: { pointer: "" } },
  )
}

function unknownOperator(key: string, known: readonly string[], at: string): InstanceType<typeof OperatorUnknown> {
  const near = nearest(key, known)
  const details = { pointer: at, operator: shown(key) }
  return new OperatorUnknown(`Unknown operator ${quote(key)} at ${at}. ${didYouMean(key, known)}`, {
    details: near === undefined ? details : { ...details, nearest: near },
  })
}
