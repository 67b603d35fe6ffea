import { type ModelStatics, type PiiTag, type TableColumn, tableOf } from "@ashlar/orm"
import { isRecord } from "../audit/read-entry.ts"

/** One place in which personal data is kept, or passes. */
export interface DataMapEntry {
  /** `users.email` of a table, `POST /users body.email` of a route. */
  readonly place: string
  readonly source: "table" | "route"
  readonly category: string
  readonly purpose?: string
  /** Of a column: whether it is sealed at rest, left out of answers, and what erasure does. */
  readonly isEncrypted?: boolean
  readonly isHidden?: boolean
  readonly onErase?: "clear" | "keep"
}

export interface DataMapSources {
  readonly models?: readonly ModelStatics[]
  /** Of `describeTable`, or of `ashlar routes --json`. */
  readonly routes?: readonly DescribedRoute[]
}

/** As much of a described route as is read. */
export interface DescribedRoute {
  readonly method: string
  readonly path: string
  readonly input: object
  readonly output: object
}

const MAX_DEPTH = 24

/** Where personal data is, by what `pii` tags say: of columns, and of schemas of routes. Sorted, so that two of them can be compared. */
export function dataMap({ models = [], routes = [] }: DataMapSources): readonly DataMapEntry[] {
  const columns = models.flatMap((model) => {
    const table = tableOf(model)
    return piiColumns(model).map(({ column, pii }) => ({
      place: `${table.name}.${column.name}`,
      source: "table" as const,
      category: pii.category,
      ...(pii.purpose !== undefined && { purpose: pii.purpose }),
      isEncrypted: column.definition.kind === "encrypted",
      isHidden: column.definition.hidden,
      onErase: pii.onErase ?? "clear",
    }))
  })
  const passing = routes.flatMap(({ method, path, input, output }) =>
    [
      ...Object.entries(input),
      ...Object.entries(output).map(([status, schema]) => [`answer ${status}`, schema] as const),
    ].flatMap(([part, schema]) =>
      piiOf(schema, part, 0).map(({ place, category }) => ({
        place: `${method} ${path} ${place}`,
        source: "route" as const,
        category,
      })),
    ),
  )
  const unique = new Map([...columns, ...passing].map((entry) => [entry.place, entry]))
  return [...unique.values()].sort((a, b) => (a.place < b.place ? -1 : 1))
}

export function piiColumns(model: ModelStatics): readonly { readonly column: TableColumn; readonly pii: PiiTag }[] {
  return [...tableOf(model).columns.values()].flatMap((column) => {
    const { pii } = column.definition
    return pii === undefined ? [] : [{ column, pii }]
  })
}

/** Tags in JSON Schema, with the path of members that leads to each. */
function piiOf(schema: unknown, place: string, depth: number): { place: string; category: string }[] {
  if (!isRecord(schema) || depth > MAX_DEPTH) return []
  const own = typeof schema["x-pii"] === "string" ? [{ place, category: schema["x-pii"] }] : []
  const members = isRecord(schema.properties) ? Object.entries(schema.properties) : []
  const lists = ["anyOf", "oneOf", "allOf", "prefixItems"].flatMap((key) => {
    const list = schema[key]
    return Array.isArray(list) ? list.flatMap((one) => piiOf(one, place, depth + 1)) : []
  })
  return [
    ...own,
    ...members.flatMap(([name, one]) => piiOf(one, `${place}.${name}`, depth + 1)),
    ...piiOf(schema.items, `${place}[]`, depth + 1),
    ...piiOf(schema.additionalProperties, `${place}.*`, depth + 1),
    ...Object.values(isRecord(schema.$defs) ? schema.$defs : {}).flatMap((one) => piiOf(one, place, depth + 1)),
    ...lists,
  ]
}
