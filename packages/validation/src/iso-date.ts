const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

/** A day that the calendar has. @see RFC 3339, section 5.6, `full-date` */
export function isCalendarDate(text: string): boolean {
  const parts = DATE.exec(text)
  if (parts === null) return false
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** A point in time; a second 60 only where leap seconds are, at the end of a UTC day. @see RFC 3339, sections 5.6 and 5.7 */
export function isDateTime(text: string): boolean {
  const parts = DATE_TIME.exec(text)
  if (parts === null || !isCalendarDate(parts[1]!)) return false
  const [hour, minute, second] = [Number(parts[2]), Number(parts[3]), Number(parts[4])]
  const [offsetHours, offsetMinutes] = [Number(parts[6] ?? 0), Number(parts[7] ?? 0)]
  if (hour > 23 || minute > 59 || second > 60 || offsetHours > 23 || offsetMinutes > 59) return false
  const offset = (offsetHours * 60 + offsetMinutes) * (parts[5] === "-" ? -1 : 1)
  return second < 60 || (hour * 60 + minute - offset + 2 * 1440) % 1440 === 1439
}

/** The moment that a date (its start, in UTC) or a date and time says; undefined for other text, and for leap seconds. */
export function readDate(text: string): Date | undefined {
  if (!isCalendarDate(text) && !isDateTime(text)) return undefined
  const date = new Date(text.toUpperCase())
  return Number.isNaN(date.getTime()) ? undefined : date
}
