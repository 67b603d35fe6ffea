/** Control characters, halves of characters, what is never assigned, old Hangul jamo, and what is not seen (RFC 8264, section 9). */
const DISALLOWED =
  /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u{1100}-\u{11ff}\u{a960}-\u{a97c}\u{d7b0}-\u{d7fb}]|(?!\u200c|\u200d|\ufe0e|\ufe0f)\p{Default_Ignorable_Code_Point}/u

/**
 * A password as it is compared, so that two keyboards type the same one: other spaces become a space, and the text is composed (NFC).
 * Neither case nor width is changed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8265#section-4.2.2
 */
export function prepareOpaqueString(text: string): string {
  return text.replaceAll(/\p{Zs}/gu, " ").normalize("NFC")
}

/**
 * Whether a text may be a new password: none of its characters is one that keyboards of another day may not bring again. Joiners and
 * the selectors of emoji are let through, as people type them.
 */
export function isOpaqueString(prepared: string): boolean {
  return prepared !== "" && !DISALLOWED.test(prepared)
}
