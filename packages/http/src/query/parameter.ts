/** The values of one parameter, as they came: several where its name repeats. */
export type Given = string | readonly string[]

/** Characters of one value, at most: what is compared with a column is a word, and not a book. */
export const MAX_VALUE_LENGTH = 256

/** A list, written with commas (`sort=-created,name`) or by a name that repeats. */
export function toList(given: Given): readonly string[] {
  const texts = typeof given === "string" ? [given] : given
  return texts.flatMap((text) => text.split(",")).filter((text) => text !== "")
}
