import type { JsonSchema } from "../routes/json-schema.ts"
import { isObject, resolve } from "../routes/schema-root.ts"
import type { MemberPath, Selection } from "./selection.ts"

export interface Projection {
  readonly selection: Selection
  /** Members that are not promised. Default: as the schema says. */
  readonly isOptional?: (path: MemberPath) => boolean
  /** Say of hidden members that they may not be there, for an object that takes any key would take them. Default: say nothing. */
  readonly refusesHidden?: boolean
}

/** The JSON Schema of what is shown of a value. */
export function project(schema: JsonSchema, projection: Projection): JsonSchema {
  const projector = new Projector(schema, projection)
  const { $defs, ...projected } = projector.at(resolve(schema, schema), [])
  return withDefinitions(projected, ($defs ?? schema.$defs) as JsonSchema | undefined)
}

class Projector {
  readonly #root: JsonSchema
  readonly #selection: Selection
  readonly #isOptional: (path: MemberPath) => boolean
  readonly #refusesHidden: boolean

  constructor(root: JsonSchema, { selection, isOptional = () => false, refusesHidden = false }: Projection) {
    this.#root = root
    this.#selection = selection
    this.#isOptional = isOptional
    this.#refusesHidden = refusesHidden
  }

  at(schema: unknown, path: MemberPath): JsonSchema {
    if (!isObject(schema)) return (schema === undefined ? {} : schema) as JsonSchema
    if (path.length > 0 && !this.#selection.looksInto(path)) return schema
    // What is looked into is written out: the definition it refers to shows more than this one does, and has its name.
    const { $id: _id, title: _title, ...resolved } = resolve(schema, this.#root)
    return Object.fromEntries(
      Object.entries(resolved)
        .filter(([keyword]) => path.length === 0 || keyword !== "$defs")
        .map(([keyword, value]) => [keyword, this.#keyword(keyword, value, path)]),
    )
  }

  #keyword(keyword: string, value: unknown, path: MemberPath): unknown {
    switch (keyword) {
      case "properties":
        return this.#properties(value as JsonSchema, path)
      case "required":
        return (value as readonly string[]).filter(
          (key) => this.#selection.shows([...path, key]) && !this.#isOptional([...path, key]),
        )
      case "items":
        return this.at(value, path)
      case "additionalProperties":
        return isObject(value) ? this.at(value, [...path, "*"]) : value
      case "prefixItems":
      case "allOf":
      case "anyOf":
      case "oneOf":
        return (value as readonly unknown[]).map((one) => this.at(one, path))
      default:
        return value
    }
  }

  #properties(properties: JsonSchema, path: MemberPath): JsonSchema {
    return Object.fromEntries(
      Object.entries(properties).flatMap(([key, one]): [string, JsonSchema | false][] => {
        const inner = [...path, key]
        if (this.#selection.shows(inner)) return [[key, this.at(one, inner)]]
        return this.#refusesHidden ? [[key, false]] : []
      }),
    )
  }
}

/** Only the definitions that are still referred to: the others may name what is hidden. */
function withDefinitions(schema: JsonSchema, definitions: JsonSchema | undefined): JsonSchema {
  if (definitions === undefined) return schema
  const used = new Set<string>()
  const search = (part: unknown): void => {
    const text = JSON.stringify(part)
    for (const name of Object.keys(definitions)) {
      if (used.has(name) || !text.includes(JSON.stringify(`#/$defs/${name}`))) continue
      used.add(name)
      search(definitions[name])
    }
  }
  search(schema)
  if (used.size === 0) return schema
  return { ...schema, $defs: Object.fromEntries(Object.entries(definitions).filter(([name]) => used.has(name))) }
}

/** Whether the schema has a member there. */
export function hasMember(schema: JsonSchema, path: MemberPath): boolean {
  return stepInto(schema, schema, path)
}

function stepInto(schema: unknown, root: JsonSchema, path: MemberPath): boolean {
  const [key, ...rest] = path
  if (key === undefined) return true
  const { properties, additionalProperties, items, prefixItems, allOf, anyOf, oneOf } = resolve(schema, root)
  const own = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined
  if (own !== undefined && stepInto(own, root, rest)) return true
  if (key === "*" && isObject(additionalProperties) && stepInto(additionalProperties, root, rest)) return true
  const parts = [items, ...[prefixItems, allOf, anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? list : []))]
  return parts.some((part) => isObject(part) && stepInto(part, root, path))
}
