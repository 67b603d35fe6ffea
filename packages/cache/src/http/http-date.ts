const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
const TIME = "(\\d\\d):(\\d\\d):(\\d\\d)"
/** `Sun, 06 Nov 1994 08:49:37 GMT`: what everybody sends today. */
const FIXED = new RegExp(`^[a-z]{3}, (\\d\\d) ([a-z]{3}) (\\d{4}) ${TIME} gmt$`, "i")
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const RFC_850 = new RegExp(`^[a-z]{6,9}, (\\d\\d)-([a-z]{3})-(\\d\\d) ${TIME} gmt$`, "i")
/** `Sun Nov  6 08:49:37 1994` */
const ASCTIME = new RegExp(`^[a-z]{3} ([a-z]{3}) ([ \\d]\\d) ${TIME} (\\d{4})$`, "i")

/** Milliseconds since 1970; undefined when it is none of HTTP's dates. @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
export function parseDate(text: string | null): number | undefined {
  if (text === null) return undefined
  const trimmed = text.trim()
  const fixed = FIXED.exec(trimmed)
  if (fixed !== null) return toTime(Number(fixed[3]), [fixed[2]!, fixed[1]!], fixed.slice(4))
  const old = RFC_850.exec(trimmed)
  if (old !== null) return toTime(nearYear(Number(old[3])), [old[2]!, old[1]!], old.slice(4))
  const asctime = ASCTIME.exec(trimmed)
  return asctime === null ? undefined : toTime(Number(asctime[6]), [asctime[1]!, asctime[2]!], asctime.slice(3, 6))
}

/** Two digits of a year mean one that is at most 50 years ahead. */
function nearYear(year: number): number {
  const now = new Date().getUTCFullYear()
  const same = now - (now % 100) + year
  return same > now + 50 ? same - 100 : same
}

function toTime(year: number, [month, day]: readonly [string, string], time: readonly string[]): number | undefined {
  const index = MONTHS.indexOf(month.toLowerCase())
  const [hours, minutes, seconds] = time.map(Number) as [number, number, number]
  if (index === -1 || hours > 23 || minutes > 59 || seconds > 60) return undefined
  const at = Date.UTC(year, index, Number(day), hours, minutes, seconds)
  return new Date(at).getUTCDate() === Number(day) || seconds === 60 ? at : undefined
}
