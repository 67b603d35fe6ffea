/**
 * A copy of a value as JSON has it, for a document: a date as its text, a set as a list, a map as a list of pairs, a bigint
 * as a number, or as text where no number is it. Undefined where JSON has nothing for it.
 */
export function asJson<T>(value: T): T | undefined {
  try {
    const text: string | undefined = JSON.stringify(value, (_, one: unknown) => {
      if (typeof one === "bigint") return Number.isSafeInteger(Number(one)) ? Number(one) : String(one)
      return one instanceof Set || one instanceof Map ? [...one] : one
    })
    return text === undefined ? undefined : (JSON.parse(text) as T)
  } catch {
    return undefined // contains itself
  }
}
