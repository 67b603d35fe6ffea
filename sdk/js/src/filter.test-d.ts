// Checked by `tsc`: what a filter, a sort, a selection and a patch may say about the documents' type.
import type { Collection } from "./collection.ts"
import type { Filter } from "./filter.ts"
import type { Document, JsonObject } from "./wire.ts"

interface Country {
  cca3: string
  area: number
  landlocked: boolean
  region?: "Europe" | "Asia"
  borders: string[]
  name: { common: string; official: string }
  cities: { name: string; people: number }[]
  languages: Record<string, string>
}

export const accepted: Filter<Country>[] = [
  {},
  { area: 1, region: "Europe", landlocked: { $ne: true } },
  { area: { $gte: 1, $lt: 5, $not: { $eq: 3 } }, region: { $in: ["Europe", null], $exists: true } },
  { borders: "CHE" },
  { borders: { $in: ["CHE", "AUT"] } },
  { borders: ["CHE", "AUT"] },
  { "name.common": "France", "name.official": { $gt: "F" } },
  { borders: { $all: ["CHE", "AUT"], $size: 3, $regex: "^CH" }, region: { $regex: "^eu", $options: "i" } },
  { cities: { $elemMatch: { name: "Bern", people: { $gt: 1 } } }, borders: { $elemMatch: { $gt: "C", $lt: "D" } } },
  { area: { $type: ["number", "null"] }, $nor: [{ landlocked: true }] },
  { "cities.people": { $gt: 1_000_000 } },
  { "languages.deu": "German" },
  { "name.native.deu": "checked by its first segment only" },
  { $or: [{ area: 1 }, { $and: [{ $not: { area: { $lt: 3 } } }] }] },
]

export const refused: Filter<Country>[] = [
  // @ts-expect-error no such field
  { population: 1 },
  // @ts-expect-error a number
  { area: "1" },
  // @ts-expect-error no such member of the union
  { region: "Africa" },
  // @ts-expect-error no such operator
  { area: { $above: 1 } },
  // @ts-expect-error a range takes the field's own type
  { area: { $gt: "1" } },
  // @ts-expect-error nothing is greater than null
  { area: { $gt: null } },
  // @ts-expect-error objects have no range
  { name: { $gt: { common: "a", official: "b" } } },
  // @ts-expect-error numbers match no pattern
  { area: { $regex: "1" } },
  // @ts-expect-error not an array
  { area: { $size: 1 } },
  // @ts-expect-error no such field of an element
  { cities: { $elemMatch: { mayor: "Ada" } } },
  // @ts-expect-error elements are strings
  { borders: 1 },
  // @ts-expect-error the path leads to a string
  { "name.common": 1 },
  // @ts-expect-error no such first segment
  { "nam.common": "France" },
  // @ts-expect-error a list of filters
  { $or: { area: 1 } },
]

export const untyped: Filter<JsonObject> = { anything: 1, "a.b.c": { $gt: 1 }, $or: [{ x: null }] }

export async function reads(countries: Collection<Country>): Promise<void> {
  const picked = await countries
    .where({ area: { $gt: 1 } })
    .sort("-area", "name.common")
    .select("cca3", "area")
    .page()
  const data: { cca3: string; area: number } | undefined = picked.items[0]?.data
  // @ts-expect-error not selected
  void picked.items[0]?.data.name

  const parts = await countries.where().select("name.common", "area").first()
  // A path selects a part, so what holds it may lack the rest.
  const common: string | undefined = parts?.data.name?.common
  // @ts-expect-error may be missing
  const area: number = parts!.data.area

  // @ts-expect-error no such field to sort by
  void countries.where().sort("population")
  // @ts-expect-error no such field to select
  void countries.where().select("population")

  const found: Document<Country> | null = await countries.get("FRA")
  void [data, common, area, found]
}

export async function untypedWrites(things: Collection<JsonObject>, change: JsonObject): Promise<void> {
  await things.patch("x", change)
  await things.patch("x", { $set: { "a.b": 1 } })
  const parts = await things.where({ a: 1 }).select("a.b").first()
  const data: JsonObject | undefined = parts?.data
  void data
}

export async function writes(countries: Collection<Country>): Promise<void> {
  await countries.patch("FRA", {
    $set: { area: 2, "name.common": "France" },
    $inc: { area: 1 },
    $push: { borders: "X" },
  })
  await countries.patch("FRA", { name: { common: "France" }, region: null })
  // @ts-expect-error a number
  await countries.patch("FRA", { $set: { area: "2" } })
  // @ts-expect-error a number
  await countries.patch("FRA", { area: "2" })
  // @ts-expect-error incomplete
  await countries.insert({ cca3: "FRA" })
}
