import countries from "world-countries"
import { idSource, Refusal } from "./answers.ts"

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type Data = { [key: string]: Json }
export interface Stored {
  id: string
  rev: number
  createdAt: string
  updatedAt: string
  data: Data
}
export interface Collection {
  name: string
  rules: Record<"read" | "create" | "update" | "delete", string | null>
  indexes: { name: string; fields: { path: string; direction: string }[]; kind: string; unique: boolean }[]
  documents: Stored[]
  createdAt: string
  updatedAt: string
}

const nextId = idSource()
const DAY_MS = 86_400_000
export const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()

export function store(data: Data, ageMs = 0, rev = 1): Stored {
  return { id: nextId(), rev, createdAt: ago(ageMs + DAY_MS), updatedAt: ago(ageMs), data }
}

/** Keys in order, as the server's canonical text has them. */
function sorted(data: Data): Data {
  return Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The package has no populations. These are real; the rest only have to look like some. */
const populations: Readonly<Record<string, number>> = {
  FR: 68_401_997,
  GB: 68_265_209,
  IT: 58_989_749,
  ES: 48_610_458,
  PL: 36_620_970,
  RO: 19_064_409,
  NL: 17_942_942,
  BE: 11_832_049,
  CZ: 10_900_555,
  PT: 10_639_726,
  SE: 10_551_707,
  GR: 10_397_193,
  HU: 9_584_627,
  AT: 9_158_750,
  CH: 8_961_053,
  RS: 6_605_168,
  BG: 6_445_481,
  DK: 5_961_249,
  FI: 5_603_851,
  NO: 5_550_203,
  SK: 5_424_687,
  IE: 5_343_805,
}

function countryData(country: (typeof countries)[number], position: number): Data {
  return sorted({
    name: country.name.common,
    code: country.cca2,
    region: country.region,
    subregion: country.subregion,
    capital: country.capital[0] ?? "",
    population:
      populations[country.cca2] ?? Math.round((country.area + 20_000) * (1 + ((position * 37) % 113) / 9)) % 4_900_000,
    area: country.area,
    landlocked: country.landlocked,
    languages: Object.keys(country.languages),
    borders: [...country.borders],
    location: { lat: country.latlng[0] ?? 0, lng: country.latlng[1] ?? 0 },
    published: position % 36 !== 0,
  })
}

function collection(
  name: string,
  documents: Stored[],
  rules: Partial<Collection["rules"]> = {},
  indexes: Collection["indexes"] = [],
): Collection {
  return {
    name,
    documents,
    indexes,
    rules: { read: null, create: null, update: null, delete: null, ...rules },
    createdAt: ago(20 * DAY_MS),
    updatedAt: ago(DAY_MS),
  }
}

const words = (count: number, prefix: string): Stored[] =>
  Array.from({ length: count }, (_, at) =>
    store({ name: `${prefix} ${at + 1}`, code: String(at + 1).padStart(4, "0"), active: at % 3 !== 0 }, at * 60_000),
  )

export function demoCollections(): Collection[] {
  const index = (name: string, paths: string[], unique = false) => ({
    name,
    fields: paths.map((path) => ({ path: path.replace(/^-/, ""), direction: path.startsWith("-") ? "desc" : "asc" })),
    kind: "scalar",
    unique,
  })
  return [
    collection(
      "countries",
      [...countries]
        .sort((a, b) => a.name.common.localeCompare(b.name.common))
        .map((country, at) => store(countryData(country, at), (at % 9) * DAY_MS + 3_600_000, 1 + (at % 8))),
      { read: "publishable", create: "secret" },
      [
        index("code_1", ["code"], true),
        index("region_1_population_-1", ["region", "-population"]),
        index("population_-1", ["-population"]),
      ],
    ),
    collection("cities", words(1_204, "City"), { read: "public" }),
    collection("currencies", words(162, "Currency")),
    collection("languages", words(711, "Language")),
    collection("borders", words(649, "Border")),
    collection("imports", words(31, "Import")),
  ]
}

function reach(value: Json | undefined, path: string): Json | undefined {
  return path
    .split(".")
    .reduce<Json | undefined>(
      (at, key) => (typeof at === "object" && at !== null && Object.hasOwn(at, key) ? (at as Data)[key] : undefined),
      value,
    )
}

const classOf = (value: Json | undefined): number =>
  value === undefined || value === null
    ? 0
    : typeof value === "number"
      ? 1
      : typeof value === "string"
        ? 2
        : typeof value === "boolean"
          ? 3
          : 4
function compare(a: Json | undefined, b: Json | undefined): number {
  const byClass = classOf(a) - classOf(b)
  if (byClass !== 0 || a === b) return byClass
  return (a as never) < (b as never) ? -1 : 1
}
const equals = (a: Json | undefined, b: Json | undefined): boolean =>
  JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

function test(value: Json | undefined, operator: string, operand: Json): boolean {
  const any = (check: (item: Json | undefined) => boolean): boolean =>
    check(value) || (Array.isArray(value) && value.some(check))
  const range = (check: (order: number) => boolean): boolean =>
    any((item) => classOf(item) === classOf(operand) && check(compare(item, operand)))
  switch (operator) {
    case "$eq":
      return any((item) => equals(item, operand))
    case "$ne":
      return !any((item) => equals(item, operand))
    case "$in":
      return (operand as Json[]).some((one) => any((item) => equals(item, one)))
    case "$nin":
      return !(operand as Json[]).some((one) => any((item) => equals(item, one)))
    case "$gt":
      return range((order) => order > 0)
    case "$gte":
      return range((order) => order >= 0)
    case "$lt":
      return range((order) => order < 0)
    case "$lte":
      return range((order) => order <= 0)
    case "$exists":
      return (value !== undefined) === operand
    default:
      throw new Refusal(400, "DOCUMENTS_QUERY_INVALID", `Unknown operator ${operator}.`)
  }
}

export function matches(data: Data, where: Data | undefined): boolean {
  return Object.entries(where ?? {}).every(([key, condition]) => {
    if (key === "$and") return (condition as Data[]).every((one) => matches(data, one))
    if (key === "$or") return (condition as Data[]).some((one) => matches(data, one))
    const value = reach(data, key)
    const isOperators =
      typeof condition === "object" && condition !== null && Object.keys(condition).some((name) => name.startsWith("$"))
    return isOperators
      ? Object.entries(condition as Data).every(([operator, operand]) => test(value, operator, operand))
      : test(value, "$eq", condition)
  })
}

export interface Query {
  where?: Data
  sort?: string[]
  limit?: number
  cursor?: string
  count?: boolean
}

export function find({ documents }: Collection, query: Query): Stored[] {
  const found = documents.filter((document) => matches(document.data, query.where))
  for (const key of [...(query.sort ?? [])].reverse()) {
    const path = key.replace(/^-/, "")
    const sign = key.startsWith("-") ? -1 : 1
    found.sort((a, b) => sign * compare(reach(a.data, path), reach(b.data, path)))
  }
  return found
}

/** The index whose first field is filtered or sorted by. */
export function explain({ indexes, name }: Collection, query: Query): object {
  const conditions = query.where?.$and ? (query.where.$and as Data[]) : query.where ? [query.where] : []
  const paths = [
    ...conditions.flatMap((condition) => Object.keys(condition)),
    ...(query.sort ?? []).map((key) => key.replace(/^-/, "")),
  ]
  const index = indexes.find((candidate) => paths.includes(candidate.fields[0]?.path ?? ""))
  const key = `CASE json_type(doc,'$."${paths[0] ?? "id"}"') WHEN 'text' THEN json_extract(doc,'$."${paths[0] ?? "id"}"') END`
  return {
    sql: `SELECT id, rev, created, updated, doc FROM c_${name} WHERE ${paths.length > 0 ? `(${key} = ?)` : "1"} ORDER BY id LIMIT 100`,
    plan: [index ? `SEARCH c_${name} USING INDEX ${index.name} (<expr>=?)` : `SCAN c_${name}`],
    index: index?.name ?? null,
    scan: !index,
    sorted: query.sort?.length ? (index ? "index" : "memory") : "none",
  }
}

export function applyPatch(data: Data, patch: Data): Data {
  const copy = structuredClone(data)
  const parent = (path: string): [Data, string] => {
    const keys = path.split(".")
    const last = keys.pop() ?? ""
    let at = copy
    for (const key of keys) {
      at[key] ??= {}
      at = at[key] as Data
    }
    return [at, last]
  }
  for (const [path, value] of Object.entries((patch.$set ?? {}) as Data)) {
    const [at, key] = parent(path)
    at[key] = value
  }
  for (const path of (patch.$unset ?? []) as string[]) {
    const [at, key] = parent(path)
    delete at[key]
  }
  return sorted(copy)
}
