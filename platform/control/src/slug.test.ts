import { expect, test } from "bun:test"
import { checkSlug, deriveSlug, numberedSlug } from "./slug.ts"
import { codeOf } from "./testing/install.ts"

test.each(["ab", "atlas", "a-1", "a".repeat(40), "selfish", "new-thing"])("%p is a slug", (slug) => {
  expect(checkSlug(slug)).toBe(slug)
})

test.each([
  "",
  "a",
  "1a",
  "-a",
  "Atlas",
  "at las",
  "at_las",
  "at.las",
  "../etc",
  "atlas\n",
  "ätlas",
  "a".repeat(41),
  "self",
  "new",
  "abcdef01-0000-7000-8000-000000000000",
])("%p is none", async (slug) => {
  expect(await codeOf(() => checkSlug(slug))).toBe("CONTROL_INVALID_INPUT")
})

test.each([
  ["Atlas", "atlas"],
  ["  My first  project! ", "my-first-project"],
  ["Über Straße 7", "uber-strasse-7"],
  ["2026 plans", "plans"],
  ["x", "project-x"],
  ["42", "project"],
  ["日本", "project"],
  ["", "project"],
  ["Self", "project-self"],
  ["new", "project-new"],
  ["abcdef01-0000-7000-8000-000000000000", "project-abcdef01-0000-7000-8000-00000000"],
  [`${"a".repeat(39)} b`, "a".repeat(39)],
])("from the name %p comes %p, a slug", (name, slug) => {
  expect(deriveSlug(name)).toBe(slug)
  expect(checkSlug(slug)).toBe(slug)
})

test("a numbered slug is a slug, too", () => {
  expect(numberedSlug("atlas", 1)).toBe("atlas")
  expect(numberedSlug("atlas", 2)).toBe("atlas-2")
  expect(numberedSlug("a".repeat(40), 1000)).toBe(`${"a".repeat(35)}-1000`)
  expect(numberedSlug(`${"a".repeat(37)}-bc`, 10)).toBe(`${"a".repeat(37)}-10`)
  for (const attempt of [2, 10, 999, 1000]) checkSlug(numberedSlug("a".repeat(40), attempt))
})
