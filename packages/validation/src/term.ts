import type { Locale, PluralForms, TextKey, Unit } from "./locale.ts"
import { english } from "./locales/en.ts"

/** Texts of the caller are cut to this many characters where a message repeats them. */
const MAX_QUOTED = 64

/** What a text's parts are filled with. */
type Parts = Readonly<Record<string, Term | string>>

/** Words that each language says in its own way. English is known from the start, since it is what most ask for. */
export class Term {
  readonly english: string
  /** Undefined: said the same in every language. */
  readonly say: ((locale: Locale) => string) | undefined
  #expectation: string | undefined

  constructor(english: string, say: ((locale: Locale) => string) | undefined) {
    this.english = english
    this.say = say
  }

  /** "Expected a string, got ", the start of the English sentence: a term that is expected once is expected again. */
  get expectation(): string {
    this.#expectation ??= `Expected ${this.english}, got `
    return this.#expectation
  }

  in(locale: Locale): string {
    return this.say === undefined || locale === english ? this.english : this.say(locale)
  }
}

/** A text, its parts filled in. */
export function term(key: TextKey, parts?: Parts): Term {
  const say = (locale: Locale) => (parts === undefined ? locale.texts[key] : fill(locale.texts[key], parts, locale))
  return new Term(say(english), say)
}

/** The same words in every language: a number, a name, quoted text. */
export function verbatim(text: string): Term {
  return new Term(text, undefined)
}

/** So many things. */
export function quantity(unit: Unit, count: number): Term {
  const { one, other } = english.units[unit]
  return new Term(filledIn(count === 1 ? one : other, count), (locale) => filledIn(formOf(locale, unit, count), count))
}

function filledIn(form: string, count: number): string {
  return form.startsWith("{count}") ? count + form.slice(7) : form.replace("{count}", String(count))
}

/** "a string or null": what any of the terms says, each once. */
export function either(terms: readonly Term[]): Term {
  const [first, ...rest] = [...new Map(terms.map((one) => [one.english, one])).values()]
  return rest.reduce((one, other) => term("or", { one, other }), first!)
}

/** Texts joined by commas. */
export function listed(texts: readonly string[]): Term {
  return verbatim(texts.join(", "))
}

/** Puts a sentence together in a language. */
export function sentence(key: TextKey, parts: Parts, locale: Locale): string {
  return fill(locale.texts[key], parts, locale)
}

/** More texts than these are taken apart anew each time: all languages have fewer, but a program may make its own. */
const MAX_TEMPLATES = 4096

/** Texts, taken apart: words and names in turn. */
const templates = new Map<string, readonly string[]>()

function fill(text: string, parts: Parts, locale: Locale): string {
  const template = templateOf(text)
  let filled = template[0]!
  for (let at = 1; at < template.length; at += 2) {
    const part = parts[template[at]!]
    filled += (part instanceof Term ? part.in(locale) : String(part)) + template[at + 1]!
  }
  return filled
}

function templateOf(text: string): readonly string[] {
  const known = templates.get(text)
  if (known !== undefined) return known
  const template = text.split(/\{(\w+)\}/)
  if (templates.size < MAX_TEMPLATES) templates.set(text, template)
  return template
}

const rules = new Map<string, Intl.PluralRules>()

function formOf({ tag, units }: Locale, unit: Unit, count: number): string {
  let plural = rules.get(tag)
  if (plural === undefined) {
    plural = new Intl.PluralRules(tag)
    rules.set(tag, plural)
  }
  const forms: PluralForms = units[unit]
  return forms[plural.select(count)] ?? forms.other
}

/** Text of the caller for a message: quoted, its control characters escaped, and cut. */
export function quoted(text: string): string {
  if (text.length > MAX_QUOTED) return JSON.stringify(`${text.slice(0, MAX_QUOTED)}…`)
  return isPlain(text) ? `"${text}"` : JSON.stringify(text)
}

/** Whether JSON has nothing to escape, as in nearly all names: V8 and JavaScriptCore quote those in a third of the time. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) return false
  }
  return true
}

const KINDS = {
  nothing: term("nothing"),
  null: verbatim("null"),
  true: verbatim("true"),
  false: verbatim("false"),
  array: term("array"),
  object: term("object"),
  number: term("number"),
  string: term("string"),
  bigint: term("bigint"),
  symbol: term("symbol"),
  function: term("function"),
}

/** What a value is, in words. Never the value: it may be a password in the wrong place. */
export function kindOf(value: unknown): Term {
  switch (typeof value) {
    case "undefined":
      return KINDS.nothing
    case "object":
      return value === null ? KINDS.null : Array.isArray(value) ? KINDS.array : KINDS.object
    case "number":
      return Number.isFinite(value) ? KINDS.number : verbatim(String(value))
    case "boolean":
      return value ? KINDS.true : KINDS.false
    default:
      return KINDS[typeof value as "string"]
  }
}
