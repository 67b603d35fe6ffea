import { count } from "./bound.ts"
import { type Blueprint, blueprint, SchemaBuilder } from "./builder.ts"
import { counted, kindOf } from "./issue.ts"
import { createNode, type Fits } from "./node.ts"
import type { StringSchema } from "./schema.ts"

/** @see https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address; no part of it can match in two ways. */
const EMAIL =
  /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
/** @see RFC 5321, section 4.5.3.1.3: a path of 256 octets, two of them its angle brackets */
const MAX_EMAIL_LENGTH = 254
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const node = createNode({
  expected: "a string",
  check: (value, run) => (typeof value === "string" ? value : run.expect("type", "a string", kindOf(value))),
  fits: (value) => typeof value === "string",
  toJson: () => ({ type: "string" }),
})

class StringBuilder extends SchemaBuilder<string> implements StringSchema {
  min(length: number): this {
    const least = count("min", length)
    return this.step({
      check: (value, run) =>
        isShorter(value as string, least)
          ? run.expect(
              "too_small",
              `at least ${counted(least, "character")}`,
              counted(lengthOf(value as string), "character"),
            )
          : value,
      fits: (value) => !isShorter(value as string, least),
      json: { minLength: least },
    })
  }

  max(length: number): this {
    const most = count("max", length)
    return this.step({
      check: (value, run) =>
        isLonger(value as string, most)
          ? run.expect(
              "too_big",
              `at most ${counted(most, "character")}`,
              counted(lengthOf(value as string), "character"),
            )
          : value,
      fits: (value) => !isLonger(value as string, most),
      json: { maxLength: most },
    })
  }

  length(length: number): this {
    return this.min(length).max(length)
  }

  regex(pattern: RegExp, expected: string = `text that matches ${pattern}`): this {
    // With the flags g or y a pattern remembers where it stopped, and the same text fits only every other time.
    const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""))
    return this.#format((text) => stateless.test(text), expected, { pattern: pattern.source })
  }

  email(): this {
    const isEmail = (text: string) => text.length <= MAX_EMAIL_LENGTH && EMAIL.test(text)
    return this.#format(isEmail, "an email address", { format: "email" })
  }

  url(): this {
    return this.#format(isWebUrl, "an http: or https: URL", { format: "uri" })
  }

  uuid(): this {
    return this.#format((text) => UUID.test(text), "a UUID", { format: "uuid" })
  }

  trim(): this {
    return this.step({ check: (value) => (value as string).trim() })
  }

  lowercase(): this {
    return this.step({ check: (value) => (value as string).toLowerCase() })
  }

  protected override rebuild(plan: Blueprint): this {
    return new StringBuilder(plan) as this
  }

  #format(fits: (text: string) => boolean, expected: string, json: Record<string, unknown>): this {
    return this.step({
      check: (value, run) => (fits(value as string) ? value : run.expect("format", expected, "other text")),
      fits: fits as Fits,
      json,
    })
  }
}

function isWebUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text)
}

/* Code points are at most as many as UTF-16 units and at least half as many: only in between must they be counted. */

function isShorter(text: string, least: number): boolean {
  return text.length < least || (text.length < 2 * least && lengthOf(text) < least)
}

function isLonger(text: string, most: number): boolean {
  return text.length > 2 * most || (text.length > most && lengthOf(text) > most)
}

function lengthOf(text: string): number {
  let length = 0
  for (let at = 0; at < text.length; at++) {
    // The second half of a pair was counted with the first.
    const unit = text.charCodeAt(at)
    const isPair = unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(at + 1))
    if (isPair) at++
    length++
  }
  return length
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

export function string(): StringSchema {
  return new StringBuilder(blueprint(node))
}
