import { isObject, type Json } from "../json.ts"

const BRACKETED = /^(.+)\[([^[\]]+)\]$/

/**
 * Query parameters of one name with brackets behind it (`filter[year][gte]`, `filter[year][lt]`) are the members of one
 * object, as the style `deepObject` writes it: a page shows them together, and a generated client takes them as one.
 * @see https://spec.openapis.org/oas/v3.1.1.html#style-values
 */
export function joinDeepObjects(parameters: readonly Json[]): Json[] {
  const joined = new Map<string, Json>()
  for (const parameter of parameters) {
    const name = parameter.name as string
    const [, object, member] = (parameter.in === "query" && BRACKETED.exec(name)) || []
    if (object === undefined || member === undefined) joined.set(name, parameter)
    else joined.set(object, withMember(joined.get(object) ?? emptyObject(object), member, parameter))
  }
  return [...joined.values()]
}

function emptyObject(name: string): Json {
  return {
    name,
    in: "query",
    required: false,
    style: "deepObject",
    explode: true,
    schema: { type: "object", properties: {}, additionalProperties: false },
  }
}

function withMember(object: Json, member: string, { required, schema }: Json): Json {
  const whole = object.schema as Json
  const properties = isObject(whole.properties) ? whole.properties : {}
  const needed = [...((whole.required ?? []) as string[]), ...(required === true ? [member] : [])]
  return {
    ...object,
    required: object.required === true || required === true,
    schema: {
      ...whole,
      properties: { ...properties, [member]: schema },
      ...(needed.length > 0 && { required: needed }),
    },
  }
}
