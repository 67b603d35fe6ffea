import { randomInt } from "node:crypto"

const MAX_LENGTH = 200
/** The address of the feed, which no article may take. */
const RESERVED: ReadonlySet<string> = new Set(["feed"])

/** The address that a title would like to have: its letters and digits, of whatever script, joined by hyphens. */
export function slugOf(title: string): string {
  const words =
    title
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  const slug = [...words.join("-")].slice(0, MAX_LENGTH).join("")
  return slug === "" || RESERVED.has(slug) ? numbered(slug || "article") : slug
}

/** Another address for the same title, when the one before is taken. */
export function numbered(slug: string): string {
  return `${slug}-${randomInt(36 ** 5, 36 ** 6).toString(36)}`
}
