import type { StandardOptions } from "@ashlar/core"
import { preferredLanguage } from "../accept.ts"
import { remembered } from "../remembered.ts"
import type { OptionsFor } from "./check-input.ts"

/** A language that a schema's messages can be in: `de` of `@ashlar/validation/locales/de`. */
export interface MessageLocale {
  /** BCP 47: `de`, `pt-BR`. */
  readonly tag: string
}

/** Headers whose language is remembered. There are a few hundred in the world. */
const MAX_HEADERS = 200

/** Tells schemas of Ashlar in which of these languages the caller of a request would be told what is wrong with it. */
export function localesFor(locales: readonly MessageLocale[] | undefined): OptionsFor {
  const [first] = locales ?? []
  if (locales === undefined || first === undefined) return undefined
  const optionsOf = (locale: MessageLocale): StandardOptions => ({ libraryOptions: { locale } })
  const byTag = new Map(locales.map((locale) => [locale.tag, optionsOf(locale)]))
  const tags = [...byTag.keys()]
  const fallback = optionsOf(first)
  const choose = remembered(MAX_HEADERS, (header) => byTag.get(preferredLanguage(tags, header) ?? "") ?? fallback)
  return (ctx) => choose(ctx.headers.get("accept-language") ?? "*")
}
