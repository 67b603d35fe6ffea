import type { StandardResult, StandardSchemaV1 } from "./standard-schema.ts"

const REDACTED = "[secret]"
/** What `console.log` and `inspect` call on Node and Bun, and on Deno. */
const INSPECT = [Symbol.for("nodejs.util.inspect.custom"), Symbol.for("Deno.customInspect")]

/**
 * A value that does not print itself: text, JSON, `console.log` and a debugger's inspect all show `[secret]`, and a
 * structured clone is empty. Only {@link Secret.reveal} gives it away, so each place that does can be found by name.
 */
export class Secret<T> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  /** The value itself. Hand it to what needs it; do not keep it. */
  reveal(): T {
    return this.#value
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  /** `"" + secret` and template strings. */
  [Symbol.toPrimitive](): string {
    return REDACTED
  }

  static {
    for (const key of INSPECT) Object.defineProperty(Secret.prototype, key, { value: () => REDACTED })
  }
}

const MARK: unique symbol = Symbol("ashlar.secret")

/** A schema whose output is wrapped in a {@link Secret}. */
export interface SecretSchema<Input, Output> extends StandardSchemaV1<Input, Secret<Output>> {
  readonly [MARK]: true
}

/**
 * Marks a schema's value as a secret: what comes out is a {@link Secret}, and no error shows what went in, not even in
 * the wrapped schema's own words.
 *
 * @example
 * const config = defineConfig({ prefix: "SHOP", fields: { apiKey: secret(v.string().min(20)) } })
 * const { apiKey } = await config.load({ env: process.env })
 * client.connect(apiKey.reveal())
 */
export function secret<Input, Output>(schema: StandardSchemaV1<Input, Output>): SecretSchema<Input, Output> {
  const wrap = (result: StandardResult<Output>): StandardResult<Secret<Output>> =>
    result.issues
      ? {
          issues: result.issues.map(({ path }) => ({
            message: "Not a valid value (not shown, it is a secret).",
            path,
          })),
        }
      : { value: new Secret(result.value) }
  return {
    [MARK]: true,
    "~standard": {
      version: 1,
      vendor: "ashlar",
      validate(value) {
        const result = schema["~standard"].validate(value instanceof Secret ? value.reveal() : value)
        return result instanceof Promise ? result.then(wrap) : wrap(result)
      },
    },
  }
}

/** Whether a schema was made by {@link secret}. */
export function isSecretSchema(schema: StandardSchemaV1): boolean {
  return MARK in schema
}
