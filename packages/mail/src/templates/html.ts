import { MailTemplateInvalid } from "../errors.ts"

/** HTML whose values are escaped. It is put into other HTML as it is. */
export class Html {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  toString(): string {
    return this.#text
  }
  toJSON(): string {
    return this.#text
  }
}

/** What a template takes: nothing is shown of `null`, `undefined` and `false`; of a list each. */
export type HtmlValue = string | number | bigint | boolean | null | undefined | Html | readonly HtmlValue[]

type Place = "text" | "attribute" | "url"

/** Where each value of a template stands. Made once for each template of the code. */
const places = new WeakMap<TemplateStringsArray, readonly Place[]>()

/**
 * HTML with values in it, which are escaped: nothing in them is markup. In `href`, `src` and `action` they must be addresses that run
 * nothing. Where no escaping can help (in a tag outside of quotes, in a script, a style or a comment) a value is refused.
 *
 * @throws {MAIL_TEMPLATE_INVALID}
 * @example html`<p>Hello ${user.name}</p><a href="${link}">Confirm</a>`
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let found = places.get(strings)
  if (found === undefined) {
    found = findPlaces(strings)
    places.set(strings, found)
  }
  let text = strings[0]!
  for (const [at, value] of values.entries()) text += show(value, found[at]!) + strings[at + 1]!
  return new Html(text)
}

/** Text that is HTML already, and that nobody else wrote. */
export function raw(text: string): Html {
  return new Html(text)
}

function show(value: HtmlValue, place: Place): string {
  if (value === null || value === undefined || value === false) return ""
  if (Array.isArray(value)) return (value as readonly HtmlValue[]).map((one) => show(one, place)).join("")
  if (value instanceof Html) {
    if (place === "text") return value.toString()
    throw new MailTemplateInvalid("Expected text in an attribute, got HTML.")
  }
  const text = String(value)
  if (place === "url" && !isHarmless(text))
    throw new MailTemplateInvalid(
      "Expected an address of https:, http:, mailto:, tel: or cid: in an attribute that is one.",
    )
  return escapeHtml(text)
}

/** Whatever browsers leave out of an address before they read its scheme is left out here, too. */
function isHarmless(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  const scheme = /^([^/?#:]*):/.exec(text.replace(/[\x00-\x20\x7f-\xa0]/g, ""))?.[1]
  return scheme === undefined || /^(?:https?|mailto|tel|cid)$/i.test(scheme)
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

type State = "text" | "tag" | "double" | "single" | "comment" | "raw"

function findPlaces(strings: TemplateStringsArray): readonly Place[] {
  const found: Place[] = []
  let state: State = "text"
  let before = ""
  for (const part of strings.slice(0, -1)) {
    ;({ state, before } = scan(part, state, before))
    if (state === "text") found.push("text")
    else if (state === "double" || state === "single") found.push(isAddress(before) ? "url" : "attribute")
    else
      throw new MailTemplateInvalid(
        `Expected no value in ${state === "tag" ? "a tag outside of quotes" : "a script, a style or a comment"} of a template.`,
      )
  }
  return found
}

/** What is before it in its attribute is its name and nothing else: the value begins the address. */
function isAddress(before: string): boolean {
  return /\s(?:href|src|action|formaction|background|poster)\s*=\s*["']\s*$/i.test(before)
}

/** Reads a piece of the template's own text; `before` is what stands before its end in the same tag. */
function scan(part: string, from: State, begun: string): { state: State; before: string } {
  let state = from
  let before = begun
  for (let at = 0; at < part.length; at++) {
    const char = part[at]!
    before = state === "text" ? "" : before + char
    if (state === "text" && char === "<") {
      if (part.startsWith("<!--", at)) state = "comment"
      else if (/^<(?:[a-z/!]|$)/i.test(part.slice(at, at + 2))) state = "tag"
      before = "<"
    } else if (state === "comment" && part.startsWith("-->", at)) {
      at += 2
      state = "text"
    } else if (state === "raw" && /^<\/(?:script|style)/i.test(part.slice(at, at + 8))) {
      state = "tag"
      before = "<"
    } else if (state === "tag") {
      if (char === '"') state = "double"
      else if (char === "'") state = "single"
      else if (char === ">") state = /^<(?:script|style)[\s>]/i.test(before) ? "raw" : "text"
    } else if ((state === "double" && char === '"') || (state === "single" && char === "'")) state = "tag"
  }
  return { state, before }
}
