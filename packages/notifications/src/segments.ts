/* What a text costs. @see https://www.3gpp.org/dynareport/23038.htm (the alphabet), https://www.twilio.com/docs/glossary/what-sms-character-limit */

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
)
/** Those that take two places. */
const EXTENDED = new Set("\f^{}\\[~]|€")

/** How many messages a text is sent as: of 160 characters of the phones' own alphabet, or of 70 of any other. */
export function countSegments(text: string): number {
  let places = 0
  for (const char of text) {
    if (BASIC.has(char)) places++
    else if (EXTENDED.has(char)) places += 2
    else return inUnits(text.length, 70, 67)
  }
  return inUnits(places, 160, 153)
}

/** In several each has a header of its own. */
function inUnits(places: number, alone: number, each: number): number {
  return places <= alone ? 1 : Math.ceil(places / each)
}
