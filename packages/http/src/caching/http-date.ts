/** The dates of HTTP, in whole seconds. @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
const DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
const TIME = "(\\d\\d):(\\d\\d):(\\d\\d)"
/** `Sun, 06 Nov 1994 08:49:37 GMT`: what everybody sends today. */
const FIXED = new RegExp(`^${DAY}, (\\d\\d) ([A-Z][a-z]{2}) (\\d{4}) ${TIME} GMT$`)
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const RFC_850 = new RegExp(`^[A-Z][a-z]{5,8}, (\\d\\d)-([A-Z][a-z]{2})-(\\d\\d) ${TIME} GMT$`)
/** `Sun Nov  6 08:49:37 1994` */
const ASCTIME = new RegExp(`^${DAY} ([A-Z][a-z]{2}) ([ \\d]\\d) ${TIME} (\\d{4})$`)

/** Milliseconds since the epoch; undefined when it is no date: then a header that holds it is to be ignored. */
export function parseHttpDate(text: string): number | undefined {
  const fixed = FIXED.exec(text)
  if (fixed !== null) return toTime(Number(fixed[3]), fixed[2]!, Number(fixed[1]), fixed.slice(4))
  const old = RFC_850.exec(text)
  if (old !== null) return toTime(nearYear(Number(old[3])), old[2]!, Number(old[1]), old.slice(4))
  const asctime = ASCTIME.exec(text)
  if (asctime === null) return undefined
  return toTime(Number(asctime[6]), asctime[1]!, Number(asctime[2]), asctime.slice(3, 6))
}

/** Two digits of a year mean one that is at most 50 years ahead. */
function nearYear(year: number): number {
  const now = new Date().getUTCFullYear()
  const same = now - (now % 100) + year
  return same > now + 50 ? same - 100 : same
}

function toTime(year: number, month: string, day: number, time: readonly string[]): number | undefined {
  const index = MONTHS.indexOf(month)
  const [hours, minutes, seconds] = time.map(Number) as [number, number, number]
  if (index === -1 || hours > 23 || minutes > 59 || seconds > 60) return undefined
  const at = Date.UTC(year, index, day, hours, minutes, seconds)
  return new Date(at).getUTCDate() === day || seconds === 60 ? at : undefined
}

/** A time as HTTP says it. */
export function formatHttpDate(time: number | Date): string {
  return (typeof time === "number" ? new Date(time) : time).toUTCString()
}

/**
 * Whether an answer may say that it changed then: it cannot have changed after it was sent.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-8.8.2.1
 */
export function isPast(time: number): boolean {
  return time <= Date.now()
}
