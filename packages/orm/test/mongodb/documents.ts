import { Binary, BSONRegExp, Decimal128, type Document, Double, Int32, Long } from "bson"

/* What the server does with documents, as far as our models ask it to. Anything else is refused, so that no test passes by chance. */

export class MongoRefusal extends Error {
  readonly code: number
  readonly details: Document

  constructor(code: number, message: string, details: Document = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}

/** The order of BSON's types. @see https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/ */
function rankOf(value: unknown): number {
  if (value === null || value === undefined) return 1
  if (isNumber(value)) return 2
  if (typeof value === "string") return 3
  if (Array.isArray(value)) return 5
  if (value instanceof Binary) return 6
  if (typeof value === "boolean") return 8
  if (value instanceof Date) return 9
  return 4
}

function isNumber(value: unknown): boolean {
  return (
    typeof value === "number" ||
    value instanceof Int32 ||
    value instanceof Double ||
    value instanceof Long ||
    value instanceof Decimal128
  )
}

export function compare(one: unknown, other: unknown): number {
  const ranks = rankOf(one) - rankOf(other)
  if (ranks !== 0) return ranks
  switch (rankOf(one)) {
    case 1:
      return 0
    case 2:
      if (one instanceof Long && other instanceof Long) return one.compare(other)
      return numberOf(one) - numberOf(other)
    case 3:
      return Buffer.compare(Buffer.from(one as string), Buffer.from(other as string))
    case 5:
      return JSON.stringify(one) === JSON.stringify(other) ? 0 : JSON.stringify(one) < JSON.stringify(other) ? -1 : 1
    case 6:
      return Buffer.compare((one as Binary).value(), (other as Binary).value())
    case 8:
      return Number(one) - Number(other)
    case 9:
      return (one as Date).getTime() - (other as Date).getTime()
    default:
      throw new MongoRefusal(2, "The stand-in compares no documents.")
  }
}

export function numberOf(value: unknown): number {
  return Number(String(value))
}

function isEqual(one: unknown, other: unknown): boolean {
  return rankOf(one) === rankOf(other) && compare(one, other) === 0
}

export function matches(document: Document, filter: Document): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    if (name === "$and") return (wanted as Document[]).every((one) => matches(document, one))
    if (name === "$or") return (wanted as Document[]).some((one) => matches(document, one))
    if (name === "$nor") return !(wanted as Document[]).some((one) => matches(document, one))
    if (name.startsWith("$")) throw new MongoRefusal(2, `unknown top level operator: ${name}`)
    return fits(document[name], wanted)
  })
}

function isOperators(wanted: unknown): wanted is Document {
  const isPlain = typeof wanted === "object" && wanted !== null && Object.getPrototypeOf(wanted) === Object.prototype
  return isPlain && Object.keys(wanted).some((name) => name.startsWith("$"))
}

function fits(value: unknown, wanted: unknown): boolean {
  if (wanted instanceof BSONRegExp) return typeof value === "string" && toRegExp(wanted).test(value)
  if (!isOperators(wanted)) return isEqual(value, wanted)
  return Object.entries(wanted).every(([operator, operand]) => applies(value, operator, operand))
}

/** Comparisons are within one type: nothing is more or less than text but text. */
function applies(value: unknown, operator: string, operand: unknown): boolean {
  const isSame = rankOf(value) === rankOf(operand)
  switch (operator) {
    case "$eq":
      return isEqual(value, operand)
    case "$ne":
      return !isEqual(value, operand)
    case "$lt":
      return isSame && compare(value, operand) < 0
    case "$lte":
      return isSame && compare(value, operand) <= 0
    case "$gt":
      return isSame && compare(value, operand) > 0
    case "$gte":
      return isSame && compare(value, operand) >= 0
    case "$in":
      return (operand as unknown[]).some((one) => isEqual(value, one))
    case "$nin":
      return !(operand as unknown[]).some((one) => isEqual(value, one))
    case "$not":
      return !fits(value, operand)
    case "$regex":
      return fits(value, operand)
    default:
      throw new MongoRefusal(2, `unknown operator: ${operator}`)
  }
}

function toRegExp({ pattern, options }: BSONRegExp): RegExp {
  return new RegExp(pattern, `u${options}`.replace("u", ""))
}

export function sorted(documents: readonly Document[], sort: Document = {}): Document[] {
  const keys = Object.entries(sort)
  return [...documents].sort((one, other) => {
    for (const [name, direction] of keys) {
      const order = compare(one[name], other[name]) * Math.sign(numberOf(direction))
      if (order !== 0) return order
    }
    return 0
  })
}

export function projected(document: Document, projection: Document = {}): Document {
  const names = Object.keys(projection)
  if (names.length === 0) return document
  return Object.fromEntries(Object.entries(document).filter(([name]) => names.includes(name)))
}

export function updated(document: Document, update: Document): Document {
  const next = { ...document }
  for (const [operator, fields] of Object.entries(update)) {
    for (const [name, value] of Object.entries(fields as Document)) {
      if (name === "_id") throw new MongoRefusal(66, "the (immutable) field '_id' was found to have been altered")
      if (name.startsWith("$")) throw new MongoRefusal(52, `The dollar ($) prefixed field '${name}' is not allowed`)
      if (operator === "$set") next[name] = value
      else if (operator === "$inc") next[name] = added(next[name], value)
      else throw new MongoRefusal(9, `Unknown modifier: ${operator}`)
    }
  }
  return next
}

function added(one: unknown, other: unknown): unknown {
  if (one === undefined) return other
  if (!isNumber(one)) throw new MongoRefusal(14, "Cannot apply $inc to a value of non-numeric type")
  if (one instanceof Long || other instanceof Long)
    return Long.fromString(String(one)).add(Long.fromString(String(other)))
  if (one instanceof Decimal128 || other instanceof Decimal128) return decimalSum([one, other])
  const sum = numberOf(one) + numberOf(other)
  return one instanceof Double || other instanceof Double ? new Double(sum) : new Int32(sum)
}

function decimalSum(values: readonly unknown[]): Decimal128 {
  const texts = values.map(String)
  const scale = Math.max(...texts.map((text) => text.split(".")[1]?.length ?? 0))
  const total = texts.reduce(
    (sum, text) => sum + BigInt(text.replace(".", "") + "0".repeat(scale - (text.split(".")[1]?.length ?? 0))),
    0n,
  )
  const digits = String(total < 0n ? -total : total).padStart(scale + 1, "0")
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return Decimal128.fromString(total < 0n ? `-${text}` : text)
}

/** `$group` of everything into one. */
export function grouped(documents: readonly Document[], group: Document): Document[] {
  if (group._id !== null && numberOf(group._id) !== 1)
    throw new MongoRefusal(2, "The stand-in groups everything into one only.")
  if (documents.length === 0) return []
  const result: Document = { _id: group._id }
  for (const [name, accumulator] of Object.entries(group)) {
    if (name === "_id") continue
    const [[operator, of]] = Object.entries(accumulator as Document) as [[string, unknown]]
    result[name] = accumulated(
      operator,
      typeof of === "string" ? documents.map((one) => one[of.slice(1)]) : documents.map(() => of),
    )
  }
  return [result]
}

function accumulated(operator: string, values: readonly unknown[]): unknown {
  switch (operator) {
    case "$sum":
      return values.reduce((sum, value) => added(sum, value), undefined)
    case "$avg": {
      if (!values.some((value) => value instanceof Decimal128))
        return new Double(values.reduce((sum: number, value) => sum + numberOf(value), 0) / values.length)
      return Decimal128.fromString(String(numberOf(decimalSum(values)) / values.length))
    }
    case "$min":
      return [...values].sort(compare)[0]
    case "$max":
      return [...values].sort(compare).at(-1)
    default:
      throw new MongoRefusal(15952, `unknown group operator '${operator}'`)
  }
}
