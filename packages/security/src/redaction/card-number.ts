/** Groups of digits with single spaces or dashes between them, as people write the numbers of cards: 13 to 19 digits. */
export const CARD_LIKE: RegExp = /(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-])/g

/** The first digits of the networks that issue cards, and how many digits there are. */
const NETWORKS: readonly RegExp[] = [
  /^4(?:\d{12}|\d{15}|\d{18})$/, // Visa
  /^(?:5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12})$/, // Mastercard
  /^3[47]\d{13}$/, // American Express
  /^(?:6011|65\d\d|64[4-9]\d)\d{12,15}$/, // Discover
  /^3(?:0[0-5]|[689]\d)\d{11,16}$/, // Diners Club
  /^35(?:2[89]|[3-8]\d)\d{12,15}$/, // JCB
  /^62\d{14,17}$/, // UnionPay
  /^(?:5[06-9]|6\d)\d{10,17}$/, // Maestro
]

/** Whether a text is the number of a payment card: a network's first digits and length, and the check digit of ISO/IEC 7812 (Luhn). */
export function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, "")
  if (!NETWORKS.some((network) => network.test(digits))) return false
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at])
    sum += at % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}
