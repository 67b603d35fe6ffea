export { HtmlTooLarge } from "../errors.ts"
export { cleanText, type TextFault, type TextOptions, textFaults } from "./clean-text.ts"
export { type HtmlPreset, sanitizeHtml } from "./sanitize-html.ts"
export { CleanText, plainText, SafeHtml } from "./text-rules.ts"
