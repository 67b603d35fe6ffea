import { defined, isObject, type Json, stable } from "../json.ts"

/**
 * Two operations as one. Routes that only a constraint, a host or a header tells apart are one place to OpenAPI: what either takes may
 * be sent, and what either answers may come.
 */
export function eitherOf(first: Json, second: Json): Json {
  return defined({
    ...first,
    summary: eitherText(first.summary, second.summary, " / "),
    description: eitherText(first.description, second.description, "\n\n"),
    "x-version": first["x-version"] === second["x-version"] ? first["x-version"] : undefined,
    deprecated: first.deprecated === true && second.deprecated === true ? true : undefined,
    parameters: eitherParameters(first.parameters, second.parameters),
    requestBody: eitherBody(first.requestBody, second.requestBody),
    responses: eitherResponses(first.responses as Json, second.responses as Json),
    security: eitherSecurity(first.security as readonly Json[], second.security as readonly Json[]),
    servers: eitherList(first.servers, second.servers),
  })
}

function eitherText(first: unknown, second: unknown, between: string): unknown {
  const texts = [...new Set([first, second].filter((text) => text !== undefined))]
  return texts.length === 0 ? undefined : texts.join(between)
}

function eitherList(first: unknown, second: unknown): unknown {
  // Without a list of its own an operation is served everywhere.
  if (first === undefined || second === undefined) return undefined
  return unique([...(first as unknown[]), ...(second as unknown[])])
}

/** Parameters of the path go by their place, since they may have two names; the first one counts. */
function eitherParameters(first: unknown = [], second: unknown = []): unknown {
  const [mine, other] = [first as readonly Json[], second as readonly Json[]]
  const others = keyed(other)
  const own = keyed(mine)
  const merged = [...own].map(([key, parameter]) => {
    const match = others.get(key)
    if (match === undefined) return parameter.in === "path" ? parameter : { ...parameter, required: false }
    return {
      ...parameter,
      required: parameter.required === true && match.required === true,
      schema: eitherSchema(parameter.schema, match.schema),
    }
  })
  const added = [...others].flatMap(([key, parameter]) =>
    own.has(key) || parameter.in === "path" ? [] : [{ ...parameter, required: false }],
  )
  const all = [...merged, ...added]
  return all.length === 0 ? undefined : all
}

function keyed(parameters: readonly Json[]): ReadonlyMap<string, Json> {
  let place = 0
  return new Map(parameters.map((one) => [one.in === "path" ? `path ${place++}` : `${one.in} ${one.name}`, one]))
}

function eitherBody(first: unknown, second: unknown): unknown {
  const only = first ?? second
  if (!isObject(first) || !isObject(second)) return isObject(only) ? { ...only, required: false } : undefined
  return {
    ...first,
    required: first.required === true && second.required === true,
    content: eitherContent(first.content as Json, second.content as Json),
  }
}

function eitherContent(first: Json = {}, second: Json = {}): Json {
  const types = [...new Set([...Object.keys(first), ...Object.keys(second)])]
  return Object.fromEntries(
    types.map((type) => {
      const [mine, other] = [first[type] as Json | undefined, second[type] as Json | undefined]
      if (mine === undefined || other === undefined) return [type, mine ?? other]
      return [type, { ...other, ...mine, schema: eitherSchema(mine.schema, other.schema) }]
    }),
  )
}

function eitherResponses(first: Json, second: Json): Json {
  const statuses = [...new Set([...Object.keys(first), ...Object.keys(second)])]
  return Object.fromEntries(
    statuses.map((status) => {
      const [mine, other] = [first[status] as Json | undefined, second[status] as Json | undefined]
      if (mine === undefined || other === undefined) return [status, mine ?? other]
      const content = eitherContent(mine.content as Json | undefined, other.content as Json | undefined)
      const headers = { ...(other.headers as Json | undefined), ...(mine.headers as Json | undefined) }
      return [
        status,
        {
          description: eitherText(mine.description, other.description, "\n\n"),
          ...(Object.keys(headers).length > 0 && { headers }),
          ...(Object.keys(content).length > 0 && { content }),
        },
      ]
    }),
  )
}

function eitherSchema(first: unknown, second: unknown): unknown {
  const choices = unique([...choicesOf(first), ...choicesOf(second)])
  return choices.length === 1 ? choices[0] : { anyOf: choices }
}

function choicesOf(schema: unknown): readonly unknown[] {
  const isChoice = isObject(schema) && Array.isArray(schema.anyOf) && Object.keys(schema).length === 1
  return isChoice ? (schema.anyOf as unknown[]) : [schema]
}

/** Anonymous callers come in where one of the two lets them. */
function eitherSecurity(first: readonly Json[], second: readonly Json[]): readonly unknown[] {
  if (first.length === 0 && second.length === 0) return []
  return unique([...(first.length === 0 ? [{}] : first), ...(second.length === 0 ? [{}] : second)])
}

function unique(values: readonly unknown[]): readonly unknown[] {
  return [...new Map(values.map((value) => [stable(value), value])).values()]
}
