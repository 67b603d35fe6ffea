/** The places of two items that are equal as JSON, where there are such. */
export function repeated(items: readonly unknown[]): { first: number; second: number } | undefined {
  const places = new Map<unknown, number>()
  const written = new Map<string, number>()
  for (let at = 0; at < items.length; at++) {
    const item = items[at]
    const json = typeof item === "object" && item !== null ? writtenAlike(item) : undefined
    const first = json === undefined ? places.get(item) : written.get(json)
    if (first !== undefined) return { first, second: at }
    if (json === undefined) places.set(item, at)
    else written.set(json, at)
  }
  return undefined
}

/** The same for values that are equal as JSON, whatever the order of keys. */
export function writtenAlike(value: object): string | undefined {
  try {
    return JSON.stringify(value, sortKeys)
  } catch {
    return undefined // what contains itself, or a bigint, is equal to nothing but itself
  }
}

function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
