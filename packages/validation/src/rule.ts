import { SchemaInvalid } from "./errors.ts"
import type { Message, MessageIssue } from "./issue.ts"

/** A rule of one's own, to be given to `schema.rule()`. */
export interface Rule<T> {
  readonly name: string
  readonly message: Message
  accepts(value: T): boolean
}

/** A rule of one's own that has to wait, to be given to `schema.ruleAsync()`. */
export interface AsyncRule<T> {
  readonly name: string
  readonly message: Message
  accepts(value: T): Promise<boolean>
}

/** What a rule says: as it is, or made of its parameters and the issue. */
export type RuleMessage<P extends readonly unknown[]> = string | ((params: P, issue: MessageIssue) => string)

interface Rules {
  /**
   * A rule to use again, with its parameters.
   *
   * @param name In each of its issues, as `rule`.
   * @throws {VALIDATION_SCHEMA_INVALID} for an empty name.
   * @example
   * const multipleOf = Rule.custom("multiple-of", (value: number, step: number) => value % step === 0,
   *   ([step]) => `Expected a multiple of ${step}.`)
   * const Price = v.integer().rule(multipleOf(5))
   */
  custom<T, P extends readonly unknown[]>(
    name: string,
    accepts: (value: T, ...params: P) => boolean,
    message: RuleMessage<P>,
  ): (...params: P) => Rule<T>
  /**
   * The same for a rule that has to wait.
   *
   * @example
   * const unique = Rule.async("unique", async (value: string, table: Table) => !(await table.has(value)), "Is taken.")
   * const NewUser = v.object({ name: v.string().ruleAsync(unique(users)) })
   */
  async<T, P extends readonly unknown[]>(
    name: string,
    accepts: (value: T, ...params: P) => Promise<boolean>,
    message: RuleMessage<P>,
  ): (...params: P) => AsyncRule<T>
}

/** Makes rules of one's own. */
export const Rule: Rules = { custom: define, async: define }

function define<T, P extends readonly unknown[], R>(
  name: string,
  accepts: (value: T, ...params: P) => R,
  message: RuleMessage<P>,
): (...params: P) => { name: string; message: Message; accepts(value: T): R } {
  if (name === "") throw new SchemaInvalid("Expected a rule to have a name, got an empty one.")
  return (...params) => ({
    name,
    message: typeof message === "string" ? message : (issue) => message(params, issue),
    accepts: (value) => accepts(value, ...params),
  })
}
