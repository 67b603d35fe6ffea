/** What values of attributes look like, as text. */

/** RFC 3339, section 5.6, whose fields are also within their bounds. */
const TIMESTAMP = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,30})?(?:[Zz]|[+-](\d{2}):(\d{2}))$/

export function isTimestamp(text: string): boolean {
  const match = TIMESTAMP.exec(text)
  if (match === null) return false
  const [year, month, day, hour, minute, second, offsetHour = 0, offsetMinute = 0] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number?,
    number?,
  ]
  const isOffset = (offsetHour || 0) <= 23 && (offsetMinute || 0) <= 59
  return isOffset && day >= 1 && day <= daysOf(year, month) && hour <= 23 && minute <= 59 && second <= 60
}

function daysOf(year: number, month: number): number {
  if (month < 1 || month > 12) return 0
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

/** Characters of RFC 3986, with `%` only before two hexadecimal digits. */
const URI_CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/

export function isUriReference(text: string): boolean {
  return URI_CHARACTERS.test(text) && (text.match(/#/g)?.length ?? 0) <= 1
}

export function isAbsoluteUri(text: string): boolean {
  return isUriReference(text) && /^[A-Za-z][A-Za-z0-9+.-]*:./.test(text)
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:\\s*;\\s*${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))*\\s*;?$`)

export function isMediaType(text: string): boolean {
  return text.length <= 255 && MEDIA_TYPE.test(text)
}
