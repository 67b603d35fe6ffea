/** An object of a document, as JSON has it. */
export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** JSON with the keys of every object in order: equal texts are equal values. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    isObject(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  )
}

/** A record without the members that are undefined. */
export function defined<T extends Json>(values: T): Json {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
