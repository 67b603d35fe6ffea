/** One option of a benchmark: `--name value`. */
export interface OptionSpec {
  readonly name: string
  /** What is used when it is not given. */
  readonly default: string
  /** Its value's form, for whoever gets it wrong: "a whole number above 0". */
  readonly form: string
  readonly pattern: RegExp
}

type Form = Pick<OptionSpec, "form" | "pattern">
/** The form of counts: rounds, minutes. */
export const COUNT: Form = { form: "a whole number above 0", pattern: /^[1-9]\d{0,5}$/ }
/** The form of times: seconds, minutes. */
export const AMOUNT: Form = {
  form: "a number above 0",
  pattern: /^(?!0+(?:\.0+)?$)\d{1,4}(?:\.\d{1,3})?$/,
}

/** Reads `--name value` and `--name=value`; what is unknown or malformed ends the benchmark with what would be right. */
export function readOptions<const S extends readonly OptionSpec[]>(
  given: readonly string[],
  specs: S,
): Readonly<Record<S[number]["name"], string>> {
  const values: Record<string, string> = Object.fromEntries(specs.map((spec) => [spec.name, spec.default]))
  for (let at = 0; at < given.length; at++) {
    const [flag = "", ...rest] = given[at]!.split("=")
    const spec = specs.find(({ name }) => flag === `--${name}`)
    if (spec === undefined) {
      const known = specs.map(({ name }) => `--${name}`).join(", ")
      throw new Error(`Unknown option "${flag}". Known: ${known === "" ? "none" : known}.`)
    }
    const value = rest.length > 0 ? rest.join("=") : given[++at]
    if (value === undefined || !spec.pattern.test(value))
      throw new Error(
        `Expected --${spec.name} to be ${spec.form}, got ${value === undefined ? "nothing" : `"${value}"`}.`,
      )
    values[spec.name] = value
  }
  return values as Record<S[number]["name"], string>
}
