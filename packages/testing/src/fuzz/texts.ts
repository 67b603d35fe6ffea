import type * as FastCheck from "fast-check"
import type { JsonSchema } from "./json-schema.ts"

type Fc = typeof FastCheck
type Arbitrary<T> = FastCheck.Arbitrary<T>

/** Text that programs have stumbled over. */
export const NASTY_TEXTS: readonly string[] = [
  "",
  " ",
  "null",
  "undefined",
  "true",
  "0",
  "-1",
  "1e999",
  "NaN",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "../../etc/passwd",
  "%00",
  "\0",
  "\ud800",
  "🧱👩‍👩‍👧",
  "é\u0301\u202e\ufeff",
  "' OR 1=1; --",
  "<script>alert(1)</script>",
  "{}",
  "[]",
  "a,b;c",
  "\r\nx-injected: 1",
  "\\",
  '"',
  "x".repeat(5000),
]

/** A short text, or one of those that hurt. */
export function anyText(fc: Fc): Arbitrary<string> {
  return fc.oneof(
    { arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 12 }), weight: 4 },
    { arbitrary: fc.string({ unit: "binary", maxLength: 12 }), weight: 2 },
    { arbitrary: fc.constantFrom(...NASTY_TEXTS), weight: 3 },
  )
}

const MAX_LENGTH = 20_000

/** Text as a schema wants it: of its format or pattern, else of its length, at the bounds more often than not. */
export function textOf(fc: Fc, schema: JsonSchema): Arbitrary<string> {
  const ofFormat = typeof schema.format === "string" ? FORMATS[schema.format]?.(fc) : undefined
  if (ofFormat !== undefined) return ofFormat
  if (typeof schema.pattern === "string") return matching(fc, schema.pattern)
  const least = Math.min(Number(schema.minLength ?? 0), MAX_LENGTH)
  const most = Math.min(Number(schema.maxLength ?? Math.max(least, 5000)), MAX_LENGTH)
  const within = (text: string): boolean => [...text].length >= least && [...text].length <= most
  const nasty = NASTY_TEXTS.filter(within)
  const usual = Math.min(most, least + 12)
  return fc.oneof(
    { arbitrary: fc.string({ unit: "grapheme-ascii", minLength: least, maxLength: usual }), weight: 4 },
    // One code point each: a length in JSON Schema counts those.
    { arbitrary: fc.string({ unit: "binary", minLength: least, maxLength: usual }), weight: 2 },
    { arbitrary: fc.constantFrom("a".repeat(least), "🧱".repeat(least), "z".repeat(most)), weight: 1 },
    // Halves of characters: JSON can say them, and nothing else can.
    ...(least <= 1 && most >= 1 ? [{ arbitrary: fc.constantFrom("\ud83d", "\udfff"), weight: 1 }] : []),
    ...(nasty.length === 0 ? [] : [{ arbitrary: fc.constantFrom(...nasty), weight: 2 }]),
  )
}

function matching(fc: Fc, pattern: string): Arbitrary<string> {
  for (const flags of ["", "u"]) {
    try {
      return fc.stringMatching(new RegExp(pattern, flags))
    } catch {
      // An expression with parts that cannot be generated.
    }
  }
  return anyText(fc)
}

const FORMATS: Readonly<Record<string, (fc: Fc) => Arbitrary<string>>> = {
  email: (fc) => fc.emailAddress({ size: "-1" }),
  uuid: (fc) => fc.uuid(),
  uri: (fc) => fc.webUrl({ size: "-1" }),
  url: (fc) => fc.webUrl({ size: "-1" }),
  "date-time": (fc) => moments(fc).map((date) => date.toISOString()),
  date: (fc) => moments(fc).map((date) => date.toISOString().slice(0, 10)),
  time: (fc) => moments(fc).map((date) => date.toISOString().slice(11)),
  ipv4: (fc) => fc.ipV4(),
  ipv6: (fc) => fc.ipV6(),
  hostname: (fc) => fc.domain({ size: "-1" }),
}

function moments(fc: Fc): Arbitrary<Date> {
  return fc.date({ min: new Date("1900-01-01T00:00:00Z"), max: new Date("2100-01-01T00:00:00Z"), noInvalidDate: true })
}
