import { afterEach, describe, expect, test } from "bun:test"
import { fromJsonSchema } from "./from-json-schema/from-json-schema.ts"
import type { IssueCode, ValidationIssue } from "./issue.ts"
import { LOCALES, type LocaleName, loadLocale, pickLocale } from "./load-locale.ts"
import { type Locale, setDefaultLocale, type TextKey } from "./locale.ts"
import { de } from "./locales/de.ts"
import { english } from "./locales/en.ts"
import { fr } from "./locales/fr.ts"
import { ru } from "./locales/ru.ts"
import type { AnyAsyncSchema, AnySchema, Schema } from "./schema.ts"
import { v } from "./v.ts"
import { validate, validateAsync } from "./validate.ts"

const locales: readonly (readonly [LocaleName, Locale])[] = await Promise.all(
  LOCALES.map(async (name) => [name, await loadLocale(name)] as const),
)
const parts = (text: string): readonly string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([part]) => part).toSorted()
const keys = Object.keys(english.texts) as TextKey[]

test("there are fifteen languages", () => {
  expect(LOCALES.toSorted()).toEqual([
    "ar",
    "de",
    "en",
    "es",
    "fr",
    "it",
    "ja",
    "ko",
    "nl",
    "pl",
    "pt",
    "ru",
    "tr",
    "uk",
    "zh",
  ])
})

describe.each(locales)("%s", (name, locale) => {
  test("goes by its name, and Intl knows it", () => {
    expect(locale.tag).toBe(name)
    expect(Intl.PluralRules.supportedLocalesOf([name])).toEqual([name])
  })

  test("has every text, with its parts, in its own words", () => {
    expect(Object.keys(locale.texts)).toEqual(keys)
    for (const key of keys) {
      expect([key, parts(locale.texts[key])]).toEqual([key, parts(english.texts[key])])
      expect(locale.texts[key].trim()).not.toBe("")
      if (locale !== english) expect([key, locale.texts[key]]).not.toEqual([key, english.texts[key]])
    }
  })

  test("has the plural forms that its grammar asks for, and no other", () => {
    const { pluralCategories } = new Intl.PluralRules(name).resolvedOptions()
    expect(Object.keys(locale.units)).toEqual(Object.keys(english.units))
    for (const forms of Object.values(locale.units)) {
      expect(Object.keys(forms).toSorted()).toEqual(pluralCategories.toSorted())
      for (const form of Object.values(forms)) expect(parts(form)).toEqual(["{count}"])
    }
  })
})

const node: Schema<unknown> = v.object({ next: v.lazy(() => node).optional() })
const loop: { next?: unknown } = {}
loop.next = loop

/** A schema and a value it refuses, for every text there is. */
const provocations: readonly (readonly [AnySchema | AnyAsyncSchema, unknown])[] = [
  [v.string(), undefined],
  [v.string().secret(), 1],
  [v.object({ name: v.string() }), { nmae: 1, zzz: 1 }],
  [v.object({}), { a: 1 }],
  [v.object({}).secret(), { a: 1 }],
  [
    v.object(Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`field${at}`, v.unknown().optional()]))),
    { zzz: 1 },
  ],
  [v.record(v.string().max(1), v.unknown()), { long: 1 }],
  [v.record(v.string().lowercase(), v.unknown()), { A: 1, a: 1 }],
  [v.string().refine(() => false), ""],
  [fromJsonSchema({ contains: { type: "null" } }), [1]],
  [fromJsonSchema({ oneOf: [true, true] }), 1],
  [fromJsonSchema({ items: true, type: "array" }, { maxSteps: 0 }), []],
  [v.string().nullable(), 1],
  [v.enum(["one", "two"]), "on"],
  [v.enum(Array.from({ length: 20 }, (_, at) => at)), {}],
  [v.number(), "x"],
  [v.integer(), 1n],
  [v.bigint(), Symbol("s")],
  [v.boolean(), () => 1],
  [v.date(), []],
  [v.array(v.unknown()), {}],
  [v.object({}), 1],
  [v.map(v.string(), v.string()), 1],
  [v.set(v.string()), 1],
  [v.file(), 1],
  [v.json(), undefined],
  [node, loop],
  [v.object({ a: v.lazy(() => v.string()) }), {}],
  [v.object({ a: v.unknown() }), {}],
  [v.discriminatedUnion("t", [v.object({ t: v.literal(true) }), v.object({ t: v.literal(false) })]), { t: 1 }],
  [v.union([v.object({ t: v.literal("a") }), v.object({ t: v.literal("b") })]), { t: 1 }],
  [v.coerce.integer(), "x"],
  ...[0, 1, 2, 3, 5, 11, 100, 1_000_000].map(
    (least) => [v.array(v.unknown()).min(least + 1), Array(Math.min(least, 200)).fill(0)] as const,
  ),
  [v.string().max(1), "abc"],
  [v.record(v.string(), v.unknown()).min(2), {}],
  [v.number().above(1), 0],
  [v.number().below(1), 2],
  [v.tuple([v.string()]), []],
  [v.number().multipleOf(2), 1],
  [v.date().min(new Date(5)), new Date(0)],
  [v.date().max(new Date(0)), new Date(5)],
  [v.array(v.unknown()).unique(), [1, 1]],
  [v.intersection([v.string().trim(), v.string().uppercase()]), " a"],
  [v.string().regex(/^a$/), "b"],
  [v.string().startsWith("a"), "b"],
  [v.string().endsWith("a"), "b"],
  [v.string().includes("a"), "b"],
  ...(
    [
      "trimmed",
      "lowercased",
      "uppercased",
      "email",
      "url",
      "uuid",
      "ulid",
      "nanoid",
      "ip",
      "ipv4",
      "ipv6",
      "cidr",
      "mac",
      "hostname",
      "base64",
      "base64url",
      "hex",
      "jwt",
      "date",
      "datetime",
      "time",
      "duration",
      "slug",
      "phone",
    ] as const
  ).map((format) => [v.string()[format](), " aB? "] as const),
  [v.file().types(["image/png"]), new Blob(["x"])],
  [v.file().extensions([".png"]), new Blob(["x"])],
  [v.file().maxBytes(1), new Blob(["xx"])],
  [v.file().image(), new Blob(["x"])],
  [v.file().image({ maxWidth: 1 }), { bytes: gif(2, 2) }],
  [v.file().image({ minHeight: 3 }), { bytes: gif(2, 2) }],
]

function gif(width: number, height: number): Uint8Array {
  return new Uint8Array([0x47, 0x49, 0x46, 0x38, 0x39, 0x61, width, 0, height, 0, 0, 0, 0])
}

async function provoke(locale: Locale): Promise<ValidationIssue[]> {
  const results = await Promise.all(provocations.map(([schema, value]) => validateAsync(schema, value, { locale })))
  return results.flatMap(({ issues }) => [...(issues ?? [])])
}

describe("messages in every language", async () => {
  const codes: readonly IssueCode[] = [
    "type",
    "required",
    "value",
    "union",
    "too_small",
    "too_big",
    "format",
    "unknown_key",
    "key",
    "duplicate",
    "refused",
    "too_deep",
  ]

  test("every value is refused, by every code", async () => {
    const issues = await provoke(english)
    expect(issues.length).toBeGreaterThanOrEqual(provocations.length)
    expect([...new Set(issues.map(({ code }) => code))].toSorted()).toEqual(codes.toSorted())
  })

  test("every text there is comes up", async () => {
    const asked = new Set<string>()
    const texts = new Proxy(english.texts, {
      get(target, key) {
        asked.add(key as string)
        return target[key as TextKey]
      },
    })
    await provoke({ tag: "en-GB", texts, units: english.units })
    expect(keys.filter((key) => !asked.has(key))).toEqual([])
  })

  test.each(locales)("%s: parts are filled in, and facts stay English", async (_, locale) => {
    const facts = (issues: readonly ValidationIssue[]): unknown => issues.map(({ message: _, ...rest }) => rest)
    const [issues, inEnglish] = [await provoke(locale), await provoke(english)]
    expect(facts(issues)).toEqual(facts(inEnglish))
    for (const [at, { message }] of issues.entries()) {
      expect(message).not.toMatch(/\{|\}|undefined|\[object/)
      if (locale !== english) expect(message).not.toBe(inEnglish[at]!.message)
    }
  })
})

test.each<[Locale, number, string]>([
  [ru, 1, "Ожидается: минимум 1 элемент; получено: 0 элементов."],
  [ru, 2, "Ожидается: минимум 2 элемента; получено: 0 элементов."],
  [ru, 21, "Ожидается: минимум 21 элемент; получено: 0 элементов."],
  [de, 1, "Erwartet: mindestens 1 Element, erhalten: 0 Elemente."],
  [fr, 2, "Attendu : au moins 2 éléments ; reçu : 0 élément."],
])("row %# counts as the language does", (locale, least, message) => {
  expect(validate(v.array(v.unknown()).min(least), [], { locale }).issues).toMatchObject([{ message }])
})

describe("the language is", () => {
  afterEach(() => setDefaultLocale(english))
  const message = (schema: AnySchema, locale?: Locale): string | undefined =>
    validate(schema, 1, locale && { locale }).issues?.[0]?.message

  test("the call's, or the schema's, or the process's", () => {
    const schema = v.string().locale(de)
    expect(message(v.string())).toBe("Expected a string, got a number.")
    expect(message(schema)).toBe("Erwartet: Text, erhalten: eine Zahl.")
    expect(message(schema, fr)).toBe("Attendu : du texte ; reçu : un nombre.")
    setDefaultLocale(fr)
    expect(message(v.string())).toBe("Attendu : du texte ; reçu : un nombre.")
    expect(message(schema)).toBe("Erwartet: Text, erhalten: eine Zahl.")
  })

  test("that of the schema itself inside one of another", () => {
    const schema = v.object({ a: v.string().locale(fr), b: v.string() }).locale(de)
    expect(validate(schema, { a: 1, b: 1 }).issues?.map(({ message }) => message.split(" ")[0])).toEqual([
      "Attendu",
      "Erwartet:",
    ])
  })

  test("asked for through Standard Schema too", () => {
    const { issues } = v.string()["~standard"].validate(1, { libraryOptions: { locale: de } })
    expect(issues).toMatchObject([{ message: "Erwartet: Text, erhalten: eine Zahl." }])
  })

  test("one that there is: VALIDATION_LOCALE_UNKNOWN", async () => {
    for (const name of ["xx", "toString", "__proto__"])
      await expect(loadLocale(name as LocaleName)).rejects.toMatchObject({ code: "VALIDATION_LOCALE_UNKNOWN" })
  })
})

test.each<[string | null | undefined, string]>([
  ["de", "de"],
  ["de-AT", "de"],
  ["DE-at,en;q=0.5", "de"],
  ["fr;q=0.5, de;q=0.8, en;q=0.1", "de"],
  ["xx, fr;q=0.1", "fr"],
  ["zh", "zh-TW"],
  ["de;q=0, fr;q=0.1", "fr"],
  ["*", "en"],
  ["", "en"],
  [null, "en"],
  [undefined, "en"],
  ["de;q=nonsense", "en"],
  [`${"xx,".repeat(100_000)}de`, "en"],
])("pickLocale(%p) is %p", (accept, expected) => {
  expect(pickLocale(accept, ["en", "de", "fr", "zh-TW"])).toBe(expected as "en")
})

test("the entry brings no language but English", async () => {
  const { outputs } = await Bun.build({
    entrypoints: [`${import.meta.dir}/index.ts`],
    splitting: true,
    outdir: undefined as never,
    minify: true,
  })
  const entry = await outputs.find(({ kind }) => kind === "entry-point")!.text()
  expect(entry).toContain("Expected {expected}, got {received}.")
  expect(entry).not.toContain("Erwartet")
  expect(outputs.length).toBeGreaterThan(LOCALES.length - 1)
})
