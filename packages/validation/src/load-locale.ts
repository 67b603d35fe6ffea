import { didYouMean } from "@ashlar/core"
import { LocaleUnknown } from "./errors.ts"
import type { Locale } from "./locale.ts"
import { english } from "./locales/en.ts"

/** The languages that messages are in, each loaded when it is asked for. */
const loaders: Readonly<Record<LocaleName, () => Promise<Locale>>> = {
  en: async () => english,
  ar: async () => (await import("./locales/ar.ts")).ar,
  de: async () => (await import("./locales/de.ts")).de,
  es: async () => (await import("./locales/es.ts")).es,
  fr: async () => (await import("./locales/fr.ts")).fr,
  it: async () => (await import("./locales/it.ts")).it,
  ja: async () => (await import("./locales/ja.ts")).ja,
  ko: async () => (await import("./locales/ko.ts")).ko,
  nl: async () => (await import("./locales/nl.ts")).nl,
  pl: async () => (await import("./locales/pl.ts")).pl,
  pt: async () => (await import("./locales/pt.ts")).pt,
  ru: async () => (await import("./locales/ru.ts")).ru,
  tr: async () => (await import("./locales/tr.ts")).tr,
  uk: async () => (await import("./locales/uk.ts")).uk,
  zh: async () => (await import("./locales/zh.ts")).zh,
}

export type LocaleName =
  | "en"
  | "ar"
  | "de"
  | "es"
  | "fr"
  | "it"
  | "ja"
  | "ko"
  | "nl"
  | "pl"
  | "pt"
  | "ru"
  | "tr"
  | "uk"
  | "zh"

/** The languages that {@link loadLocale} knows. */
export const LOCALES: readonly LocaleName[] = Object.keys(loaders) as LocaleName[]

/** A language's words; a bundle that never asks for it is smaller by them. @throws {VALIDATION_LOCALE_UNKNOWN} */
export async function loadLocale(name: LocaleName): Promise<Locale> {
  if (Object.hasOwn(loaders, name)) return loaders[name]()
  throw new LocaleUnknown(`There are no messages in "${name}". ${didYouMean(name, LOCALES)}`)
}

/** Ranges of a header that are looked at. */
const MAX_RANGES = 32

/**
 * The language that a caller likes best of those there are: `de` for `de-AT,fr;q=0.8`. The first of them, where the caller
 * names none of them or nothing at all. A range fits a tag that begins with it, and the other way round.
 *
 * @param accept The value of `Accept-Language`. @see RFC 9110, section 12.5.4, and RFC 4647, sections 3.3.1 and 3.4
 * @example const locale = await loadLocale(pickLocale(request.headers.get("accept-language"), LOCALES))
 */
export function pickLocale<const T extends string>(
  accept: string | null | undefined,
  available: readonly [T, ...T[]] | readonly T[],
): T {
  const ranges = (accept ?? "").split(",", MAX_RANGES).map(readRange)
  let [best, bestQuality] = [available[0]!, 0]
  for (const { tag, quality } of ranges) {
    const found = quality > bestQuality ? available.find((name) => isNear(name.toLowerCase(), tag)) : undefined
    if (found !== undefined) [best, bestQuality] = [found, quality]
  }
  return best
}

function readRange(text: string): { tag: string; quality: number } {
  const [tag = "", ...parameters] = text.split(";")
  const weight = parameters.map((parameter) => /^\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*$/i.exec(parameter)?.[1])
  return { tag: tag.trim().toLowerCase(), quality: weight.length === 0 ? 1 : Number(weight[0] ?? 0) }
}

function isNear(name: string, range: string): boolean {
  return name === range || range.startsWith(`${name}-`) || name.startsWith(`${range}-`)
}
