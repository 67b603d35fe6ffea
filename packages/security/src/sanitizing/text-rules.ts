import { Rule, type Schema, v } from "@ashlar/validation"
import { cleanText, type TextOptions, textFaults } from "./clean-text.ts"
import { type HtmlPreset, sanitizeHtml } from "./sanitize-html.ts"

/**
 * A rule that refuses texts with NUL, control characters, turns of direction, invisible or half characters, and spellings that are not NFC.
 * @example const Name = v.string().max(100).rule(plainText({ lines: false }))
 */
export function plainText(options: TextOptions = {}): Rule<string> {
  return Rule.custom(
    "plain-text",
    (text: string) => textFaults(text, options).length === 0,
    "Expected a text without control, invisible or half characters and turns of direction, in Unicode's form NFC.",
  )()
}

/** A pipe that takes out of a text what {@link plainText} would refuse. @example v.object({ name: CleanText({ lines: false }) }) */
export function CleanText(options: TextOptions = {}): Schema<string, string> {
  return v.string().transform((text) => cleanText(text, options))
}

/** A pipe that makes HTML harmless. @throws {VALIDATION_SCHEMA_INVALID} @example v.object({ body: SafeHtml("article") }) */
export function SafeHtml(preset: HtmlPreset = "inline", maxLength = 100_000): Schema<string, string> {
  return v
    .string()
    .max(maxLength)
    .transform((html) => sanitizeHtml(html, preset))
}
