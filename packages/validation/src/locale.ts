import { english } from "./locales/en.ts"

/** A text of its own in every language. */
export type TextKey = keyof typeof english.texts

/** A thing that is counted, and so has a word for one and others for many. */
export type Unit = keyof typeof english.units

/** `{count}` things, by the number's plural form in the language. @see https://cldr.unicode.org/index/cldr-spec/plural-rules */
export type PluralForms = { readonly [Form in Intl.LDMLPluralRule]?: string } & { readonly other: string }

/**
 * A language's words for what is wrong. `{name}` stands for a part that is filled in; a text has the same parts in every
 * language. Bring one with `import { de } from "@ashlar/validation/locales/de"`, or by {@link loadLocale}.
 */
export interface Locale {
  /** BCP 47, as `Intl` takes it. */
  readonly tag: string
  readonly texts: { readonly [Key in TextKey]: string }
  readonly units: { readonly [Key in Unit]: PluralForms }
}

let chosen: Locale = english

/** The language of messages where neither the call nor the schema names one. */
export function defaultLocale(): Locale {
  return chosen
}

/**
 * Sets {@link defaultLocale} for the whole process, from the next validation on. To be called once, at the start: what
 * differs from one caller to the next goes with the call.
 */
export function setDefaultLocale(locale: Locale): void {
  chosen = locale
}
