import type { StandardIssue, StandardJsonSchemaProps, StandardSchemaProps } from "@ashlar/core"

/** One thing that TypeBox finds wrong. @see https://github.com/sinclairzx81/typebox */
export interface TypeBoxError {
  readonly keyword: string
  /** A JSON pointer into the value. */
  readonly instancePath: string
  readonly message: string
  readonly params: object
}

/** What `Compile(type)` of `typebox/compile` gives, as far as it is needed here; nothing of TypeBox is installed with this. */
export interface TypeBoxValidator<I, O> {
  Check(value: unknown): value is I
  Decode(value: unknown): O
  Convert(value: unknown): unknown
  Errors(value: unknown): Iterable<TypeBoxError>
  Type(): object
}

/** A TypeBox type as a Standard Schema and a Standard JSON Schema: what routes, documents and clients take. */
export interface TypeBoxSchema<I, O> {
  readonly "~standard": StandardSchemaProps<I, O> & StandardJsonSchemaProps<I, O>
}

export interface TypeBoxOptions {
  /** Turn texts into the numbers and booleans that the type wants: for parameters, queries, headers and forms. Default: no. */
  readonly convert?: boolean
}

/**
 * Makes a Standard Schema of a TypeBox type.
 * @example
 * const Page = fromTypeBox(Compile(Type.Object({ page: Type.Integer({ minimum: 1 }) })), { convert: true })
 * app.get("/books", { query: Page }, (ctx) => books.page(ctx.query.page))
 */
export function fromTypeBox<I, O>(
  validator: TypeBoxValidator<I, O>,
  { convert = false }: TypeBoxOptions = {},
): TypeBoxSchema<I, O> {
  const describe = (): Record<string, unknown> => ({ ...validator.Type() })
  return {
    "~standard": {
      version: 1,
      vendor: "typebox",
      validate(given) {
        // Conversion writes into what it is given.
        const value = convert ? validator.Convert(structuredClone(given)) : given
        if (validator.Check(value)) return { value: validator.Decode(value) }
        return { issues: [...validator.Errors(value)].flatMap(toIssues) }
      },
      jsonSchema: { input: describe, output: describe },
    },
  }
}

/** An error of an object as a whole names the members that are to blame: each of them is an issue. */
function toIssues({ keyword, instancePath, message, params }: TypeBoxError): readonly StandardIssue[] {
  const path = instancePath.split("/").slice(1).map(unescapePointer)
  const { requiredProperties, additionalProperties } = params as Record<string, readonly string[] | undefined>
  const members = { required: requiredProperties, additionalProperties }[keyword]
  const issue = { code: keyword, message, ...expectedOf(params) }
  return members?.map((member) => ({ ...issue, path: [...path, member] })) ?? [{ ...issue, path }]
}

function expectedOf(params: object): { readonly expected?: string } {
  const { type, format, limit, comparison = "" } = params as Record<string, unknown>
  if (typeof type === "string" || Array.isArray(type)) return { expected: String(type).replaceAll(",", " or ") }
  if (typeof format === "string") return { expected: format }
  return typeof limit === "number" ? { expected: `${comparison} ${limit}`.trim() } : {}
}

function unescapePointer(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~")
}
