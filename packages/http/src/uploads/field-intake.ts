import type { RequestIssue } from "../request-issue.ts"
import { type AnySchema, PartSchema } from "../schema.ts"
import { formIssue, tooLarge } from "./issue.ts"
import { checkLimits } from "./limits.ts"
import type { MultipartPart } from "./multipart.ts"
import { NullRecord } from "./null-record.ts"
import type { FieldRule, FieldRules } from "./upload-rules.ts"

const MAX_VALUE_BYTES = 65_536

/** The text fields of a form, as they come and as the handler gets them. */
export interface FieldIntake {
  /** Reads one field. @returns what is wrong with it; then it was not read. @throws {HTTP_PART_TOO_LARGE} */
  take(part: MultipartPart): Promise<RequestIssue | undefined>
  /** All fields together, when the form is at its end; or what is wrong with them. */
  finish(): Promise<{ readonly value: unknown } | { readonly issues: readonly RequestIssue[] }>
}

export function createFieldIntake(fields: FieldRules | AnySchema | undefined, maxFieldsBytes: number): FieldIntake {
  return isSchema(fields) ? new SchemaIntake(fields, maxFieldsBytes) : new RuleIntake(fields ?? {})
}

export function isSchema(fields: FieldRules | AnySchema | undefined): fields is AnySchema {
  return fields !== undefined && "~standard" in fields && typeof fields["~standard"] === "object"
}

interface FullFieldRule {
  readonly maxBytes: number
  readonly maxValues: number
  readonly required: boolean
  /** Whether the value is a list, however often the field is there. */
  readonly isList: boolean
}

/** @throws {HTTP_UPLOAD_MISUSED} for a limit that is none. */
export function fillFieldRule({ maxBytes = MAX_VALUE_BYTES, maxValues, required = false }: FieldRule): FullFieldRule {
  checkLimits({ maxBytes, maxValues })
  return { maxBytes, maxValues: maxValues ?? 1, required, isList: maxValues !== undefined }
}

/** Fields with a rule each. */
class RuleIntake implements FieldIntake {
  readonly #rules: ReadonlyMap<string, FullFieldRule>
  readonly #values = new Map<string, string[]>()

  constructor(rules: FieldRules) {
    this.#rules = new Map(Object.entries(rules).map(([name, rule]) => [name, fillFieldRule(rule)]))
  }

  async take(part: MultipartPart): Promise<RequestIssue | undefined> {
    const rule = this.#rules.get(part.name)
    if (rule === undefined) return formIssue([part.name], "unknown_key", "Expected no such field.")
    const values = this.#values.get(part.name) ?? []
    if (values.length === rule.maxValues) {
      return formIssue([part.name], "too_big", `Expected at most ${rule.maxValues} of this field, got more.`)
    }
    this.#values.set(part.name, values)
    values.push(await part.text({ maxBytes: rule.maxBytes }))
    return undefined
  }

  async finish(): ReturnType<FieldIntake["finish"]> {
    const value = new NullRecord<string | readonly string[] | undefined>()
    const issues: RequestIssue[] = []
    for (const [name, { required, isList }] of this.#rules) {
      const values = this.#values.get(name) ?? []
      if (required && values.length === 0) issues.push(formIssue([name], "required", "Expected text, got nothing."))
      value[name] = isList ? values : values[0]
    }
    return issues.length > 0 ? { issues } : { value }
  }
}

/** Fields that one schema checks together: text, or a list where a name repeats. */
class SchemaIntake implements FieldIntake {
  readonly #schema: PartSchema
  readonly #maxBytes: number
  readonly #fields = new NullRecord<string | string[]>()
  #bytes = 0

  constructor(schema: AnySchema, maxBytes: number) {
    this.#schema = new PartSchema("body", schema)
    this.#maxBytes = maxBytes
  }

  async take(part: MultipartPart): Promise<undefined> {
    const bytes = await part.bytes({ maxBytes: this.#maxBytes })
    this.#bytes += bytes.length
    if (this.#bytes > this.#maxBytes) throw tooLarge([part.name], this.#maxBytes)
    const text = part.decode(bytes)
    const known = this.#fields[part.name]
    if (known === undefined) this.#fields[part.name] = text
    else if (typeof known === "string") this.#fields[part.name] = [known, text]
    else known.push(text)
  }

  async finish(): ReturnType<FieldIntake["finish"]> {
    return this.#schema.check({ ...this.#fields })
  }
}
