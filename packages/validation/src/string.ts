import { count } from "./bound.ts"
import { type Blueprint, blueprint, SchemaBuilder, type Step } from "./builder.ts"
import { FORMATS, type Format } from "./formats.ts"
import type { Message } from "./issue.ts"
import type { JsonSchema } from "./json-schema.ts"
import { type Check, createNode, type Fits } from "./node.ts"
import { boundedPattern, MAX_PATTERN_TEXT } from "./pattern.ts"
import { patternJson } from "./portable-pattern.ts"
import type { StringSchema } from "./string-schema.ts"
import { kindOf, quantity, quoted, type Term, term, verbatim } from "./term.ts"
import { isLonger, isShorter, lengthOf } from "./text-length.ts"

const A_STRING = term("string")
const OTHER_TEXT = term("otherText")

const node = createNode({
  expected: A_STRING,
  check: (value, run) => (typeof value === "string" ? value : run.expect("type", A_STRING, kindOf(value))),
  fits: (value) => typeof value === "string",
  fitsWithin: (least, most) => {
    // So many UTF-16 units are at least `least` code points, and at most `most`.
    const enough = Math.max(0, 2 * least - 1)
    return (value) =>
      typeof value === "string" &&
      ((value.length >= enough && value.length <= most) || (!isShorter(value, least) && !isLonger(value, most)))
  },
  toJson: () => ({ type: "string" }),
})

class StringBuilder extends SchemaBuilder<string> implements StringSchema {
  min(length: number, message?: Message): this {
    const least = count("min", length)
    const expected = term("atLeast", { amount: quantity("character", least) })
    const fits = (value: unknown): boolean => !isShorter(value as string, least)
    return this.#sized("too_small", expected, { fits, bound: { least }, json: { minLength: least } }, message)
  }

  max(length: number, message?: Message): this {
    const most = count("max", length)
    const expected = term("atMost", { amount: quantity("character", most) })
    const fits = (value: unknown): boolean => !isLonger(value as string, most)
    return this.#sized("too_big", expected, { fits, bound: { most }, json: { maxLength: most } }, message)
  }

  length(length: number, message?: Message): this {
    return this.min(length, message).max(length, message)
  }

  regex(pattern: RegExp, expected?: string, message?: Message): this {
    const bounded = boundedPattern(pattern)
    const told = expected === undefined ? term("matching", { pattern: String(pattern) }) : verbatim(expected)
    const fits = (text: string): boolean => text.length <= MAX_PATTERN_TEXT && bounded.test(text)
    // With the flags i, m and s a pattern means what JSON Schema has no word for.
    return this.#form(fits, told, patternJson(pattern), message)
  }

  startsWith(text: string, message?: Message): this {
    const expected = term("startsWith", { text: quoted(text) })
    return this.#form((value) => value.startsWith(text), expected, { pattern: `^${escaped(text)}` }, message)
  }

  endsWith(text: string, message?: Message): this {
    const expected = term("endsWith", { text: quoted(text) })
    return this.#form((value) => value.endsWith(text), expected, { pattern: `${escaped(text)}$` }, message)
  }

  includes(text: string, message?: Message): this {
    const expected = term("includes", { text: quoted(text) })
    return this.#form((value) => value.includes(text), expected, { pattern: escaped(text) }, message)
  }

  email(message?: Message): this {
    return this.#format(FORMATS.email, message)
  }

  url(message?: Message): this {
    return this.#format(FORMATS.url, message)
  }

  uuid(message?: Message): this {
    return this.#format(FORMATS.uuid, message)
  }

  ulid(message?: Message): this {
    return this.#format(FORMATS.ulid, message)
  }

  nanoid(message?: Message): this {
    return this.#format(FORMATS.nanoid, message)
  }

  ip(message?: Message): this {
    return this.#format(FORMATS.ip, message)
  }

  ipv4(message?: Message): this {
    return this.#format(FORMATS.ipv4, message)
  }

  ipv6(message?: Message): this {
    return this.#format(FORMATS.ipv6, message)
  }

  cidr(message?: Message): this {
    return this.#format(FORMATS.cidr, message)
  }

  mac(message?: Message): this {
    return this.#format(FORMATS.mac, message)
  }

  hostname(message?: Message): this {
    return this.#format(FORMATS.hostname, message)
  }

  base64(message?: Message): this {
    return this.#format(FORMATS.base64, message)
  }

  base64url(message?: Message): this {
    return this.#format(FORMATS.base64url, message)
  }

  hex(message?: Message): this {
    return this.#format(FORMATS.hex, message)
  }

  jwt(message?: Message): this {
    return this.#format(FORMATS.jwt, message)
  }

  date(message?: Message): this {
    return this.#format(FORMATS.date, message)
  }

  datetime(message?: Message): this {
    return this.#format(FORMATS.datetime, message)
  }

  time(message?: Message): this {
    return this.#format(FORMATS.time, message)
  }

  duration(message?: Message): this {
    return this.#format(FORMATS.duration, message)
  }

  slug(message?: Message): this {
    return this.#format(FORMATS.slug, message)
  }

  phone(message?: Message): this {
    return this.#format(FORMATS.phone, message)
  }

  trim(): this {
    return this.#change((text) => text.trim())
  }

  lowercase(): this {
    return this.#change((text) => text.toLowerCase())
  }

  uppercase(): this {
    return this.#change((text) => text.toUpperCase())
  }

  normalize(form: "NFC" | "NFD" | "NFKC" | "NFKD" = "NFC"): this {
    return this.#change((text) => text.normalize(form))
  }

  trimmed(message?: Message): this {
    return this.#format(FORMATS.trimmed, message)
  }

  lowercased(message?: Message): this {
    return this.#format(FORMATS.lowercased, message)
  }

  uppercased(message?: Message): this {
    return this.#format(FORMATS.uppercased, message)
  }

  protected override rebuild(plan: Blueprint): this {
    return new StringBuilder(plan) as this
  }

  #change(change: (text: string) => string): this {
    return this.step({ check: (value) => change(value as string) })
  }

  #format({ fits, expected, json, looksAtType = false }: Format, message: Message | undefined): this {
    return this.step({ ...formStep(fits as Fits, term(expected), json), looksAtType }, message)
  }

  #form(fits: (text: string) => boolean, expected: Term, json: JsonSchema, message: Message | undefined): this {
    return this.step(formStep(fits as Fits, expected, json), message)
  }

  #sized(
    code: "too_small" | "too_big",
    expected: Term,
    step: Omit<Step, "check"> & { readonly fits: Fits },
    message: Message | undefined,
  ): this {
    const { fits } = step
    const check: Check = (value, run) =>
      fits(value) ? value : run.expect(code, expected, quantity("character", lengthOf(value as string)))
    return this.step({ ...step, check }, message)
  }
}

function formStep(fits: Fits, expected: Term, json: JsonSchema): Step {
  return { check: (value, run) => (fits(value) ? value : run.expect("format", expected, OTHER_TEXT)), fits, json }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")
}

export function string(): StringSchema {
  return new StringBuilder(blueprint(node))
}
