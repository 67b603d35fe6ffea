import { InvalidInput, SlugTaken } from "./errors.ts"

const SLUG = /^[a-z][a-z0-9-]{1,39}$/
const MAX_CHARACTERS = 40
/** Words with a meaning of their own where a slug may stand. */
const RESERVED: ReadonlySet<string> = new Set(["self", "new", "personal", "join"])
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** @throws {CONTROL_INVALID_INPUT} when the text cannot be a slug, or is reserved */
export function checkSlug(slug: string): string {
  // A path names a project by slug or id: a slug that looks like an id could take another project's place.
  if (SLUG.test(slug) && !RESERVED.has(slug) && !isProjectId(slug)) return slug
  throw new InvalidInput(
    `Expected \`slug\` to be 2 to 40 of a-z, 0-9 and "-", to start with a letter, and not to be "self", "new", "personal", "join" or an id. Choose another one.`,
    { details: { field: "slug" } },
  )
}

/** A slug made from a name, always a valid one: "Über Straße 7" gives "uber-strasse-7". */
export function deriveSlug(name: string, noun: "project" | "organization" = "project"): string {
  const words = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[-0-9]+/, "")
    .slice(0, MAX_CHARACTERS)
    .replace(/-+$/, "")
  const slug = words.length >= 2 ? words : words === "" ? noun : `${noun}-${words}`
  return RESERVED.has(slug) || isProjectId(slug) ? `${noun}-${slug}`.slice(0, MAX_CHARACTERS) : slug
}

/** The slug for the nth try when earlier ones were taken: "atlas", "atlas-2", "atlas-3" … */
export function numberedSlug(slug: string, attempt: number): string {
  if (attempt === 1) return slug
  const suffix = `-${attempt}`
  return `${slug.slice(0, MAX_CHARACTERS - suffix.length).replace(/-+$/, "")}${suffix}`
}

/** Beyond this many of one name the next gets its number from nowhere: people should be told, not counted. */
const MAX_ATTEMPTS = 1000

/** The first of the numbered slugs that is free. @throws {CONTROL_SLUG_TAKEN} when a thousand are taken, or the first may not change */
export function firstFree(slug: string, isFree: (candidate: string) => boolean, mayChange: boolean = true): string {
  for (let attempt = 1; attempt <= (mayChange ? MAX_ATTEMPTS : 1); attempt++) {
    const candidate = numberedSlug(slug, attempt)
    if (isFree(candidate)) return candidate
  }
  throw new SlugTaken(`The slug "${slug}" is taken. Choose another one.`)
}

export function isProjectId(text: string): boolean {
  return UUID.test(text)
}
