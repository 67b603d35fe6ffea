import { valueText } from "./fields.ts"

/** The comparisons the filter bar offers, by the query language's names. */
export const operators = {
  eq: "is",
  ne: "is not",
  gt: ">",
  gte: "≥",
  lt: "<",
  lte: "≤",
  in: "one of",
  nin: "none of",
  exists: "exists",
  missing: "is missing",
} as const

export type Operator = keyof typeof operators

type Scalar = string | number | boolean | null

/** What a chip compares with. */
export type Operand = Scalar | readonly Scalar[]

/** One chip of the filter bar: `["population", "gt", 5000000]`. */
export type Clause = readonly [path: string, operator: Operator, value: Operand]

export function isClause(value: unknown): value is Clause {
  return (
    Array.isArray(value) && value.length === 3 && typeof value[0] === "string" && Object.hasOwn(operators, value[1])
  )
}

/** The filter that all chips together mean; undefined when there is none. */
export function toWhere(clauses: readonly Clause[]): object | undefined {
  if (clauses.length === 0) return undefined
  const conditions = clauses.map(([path, operator, value]) => {
    if (operator === "exists") return { [path]: { $exists: true } }
    if (operator === "missing") return { [path]: { $exists: false } }
    return { [path]: { [`$${operator}`]: value } }
  })
  return conditions.length === 1 ? conditions[0] : { $and: conditions }
}

export function needsValue(operator: Operator): boolean {
  return operator !== "exists" && operator !== "missing"
}

/** What a chip says after the field and the operator. */
export function clauseValueText([, operator, value]: Clause): string {
  return needsValue(operator) ? valueText(value) || '""' : ""
}

/** What a range may be compared with; the query language refuses the rest. */
function isOrdered(value: Operand): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
}

/**
 * Reads what somebody typed as the value of a filter. Text stays text in a text field; elsewhere a number, `true`,
 * `false`, `null` and quoted text mean what they mean in JSON. Lists are split at commas.
 */
export function parseOperand(text: string, operator: Operator, isText: boolean): Operand | undefined {
  if (operator === "in" || operator === "nin")
    return text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .map((part) => parseScalar(part, isText))
  const value = parseScalar(text.trim(), isText)
  if (["gt", "gte", "lt", "lte"].includes(operator) && !isOrdered(value)) return undefined
  return value
}

function parseScalar(text: string, isText: boolean): Scalar {
  if (/^".*"$/s.test(text)) return unquote(text)
  if (isText) return text
  const digits = text.replace(/(?<=\d)[,_ ](?=\d{3})/g, "")
  if (/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits)) return Number(digits)
  if (text === "null") return null
  return text === "true" || text === "false" ? text === "true" : text
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}
