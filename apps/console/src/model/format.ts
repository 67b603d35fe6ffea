/** How numbers, sizes and times are written everywhere in the console. */

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 })
const exact = new Intl.NumberFormat("en-US", { maximumFractionDigits: 20 })
const one = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 })

/** 18204 -> `18,204` */
export function toCount(value: number): string {
  return whole.format(value)
}

/** Every digit the value has, with separators: 46.818, 68,401,997. */
export function toNumber(value: number): string {
  return Math.abs(value) >= 1e15 || (value !== 0 && Math.abs(value) < 1e-6) ? String(value) : exact.format(value)
}

/** 88310 -> `88 k`: for the narrow column of a list. */
export function toShort(value: number): string {
  if (value < 1_000) return whole.format(value)
  if (value < 10_000) return `${one.format(value / 1_000)} k`
  return value < 1_000_000 ? `${whole.format(value / 1_000)} k` : `${one.format(value / 1_000_000)} M`
}

/** 38912 -> `38 KB` */
export function toBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  if (bytes < 1_024 * 1_024) return `${one.format(bytes / 1_024)} KB`
  return `${one.format(bytes / 1_024 / 1_024)} MB`
}

/** A duration with its unit, apart, so that the unit can be quieter: `["198", "ms"]`, `["1.84", "s"]`. */
export function toDuration(ms: number): readonly [value: string, unit: string] {
  if (ms < 10) return [String(Math.round(ms * 10) / 10), "ms"]
  if (ms < 1_000) return [whole.format(ms), "ms"]
  if (ms < 60_000) return [(ms / 1_000).toFixed(2), "s"]
  return [one.format(ms / 60_000), "min"]
}

export function durationText(ms: number): string {
  return toDuration(ms).join(" ")
}

/** A duration that somebody chose: whole seconds stay whole, 10000 -> `10 s`. */
export function limitText(ms: number): string {
  return ms % 1_000 === 0 ? `${whole.format(ms / 1_000)} s` : `${whole.format(ms)} ms`
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** The distance of a moment in one short word: `now`, `4 min`, `3 h`, `6 d`. */
export function toAge(at: string, nowMs: number): string {
  const ageMs = Math.abs(nowMs - Date.parse(at))
  if (ageMs < MINUTE_MS) return "now"
  if (ageMs < HOUR_MS) return `${Math.floor(ageMs / MINUTE_MS)} min`
  if (ageMs < DAY_MS) return `${Math.floor(ageMs / HOUR_MS)} h`
  return ageMs < 365 * DAY_MS ? `${Math.floor(ageMs / DAY_MS)} d` : `${Math.floor(ageMs / (365 * DAY_MS))} y`
}

/** `4 min ago`, `just now`, `in 3 d`. */
export function toAgo(at: string, nowMs: number): string {
  const age = toAge(at, nowMs)
  if (age === "now") return "just now"
  return Date.parse(at) > nowMs ? `in ${age}` : `${age} ago`
}

/** `23 h 41 min` until a moment; `no time` when it has passed. */
export function toRemaining(until: string, nowMs: number): string {
  const leftMs = Date.parse(until) - nowMs
  if (leftMs <= 0) return "no time"
  const hours = Math.floor(leftMs / HOUR_MS)
  const minutes = Math.floor((leftMs % HOUR_MS) / MINUTE_MS)
  return hours > 0 ? `${hours} h ${minutes} min` : `${Math.max(1, minutes)} min`
}

/** `14:31` on the same day, `20 Nov` before. */
export function toMoment(at: string, nowMs: number): string {
  const moment = new Date(at)
  const today = new Date(nowMs)
  if (moment.toDateString() === today.toDateString())
    return moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })
  return moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" })
}

/** `20 Nov 2026, 14:31` */
export function toDate(at: string): string {
  return new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })
}

/** `14:51:58.207`, in the reader's own time zone. */
export function toClock(at: string): string {
  const moment = new Date(at)
  const time = moment.toLocaleTimeString("en-GB", { hour12: false })
  return `${time}.${String(moment.getMilliseconds()).padStart(3, "0")}`
}

/** The first letters of a person's first and last name. */
export function toInitials(name: string): string {
  const words = name
    .replace(/@.*/, "")
    .trim()
    .split(/[\s._-]+/)
    .filter(Boolean)
  const letters = words.length > 1 ? [words[0]?.[0], words.at(-1)?.[0]] : [words[0]?.[0], words[0]?.[1]]
  return letters.join("").toUpperCase() || "–"
}

/** The last six characters of an id, which is where UUIDv7 differ. */
export function toTail(id: string): string {
  return `…${id.slice(-6)}`
}

/** `1 change`, `2 changes`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${toCount(count)} ${count === 1 ? one : many}`
}
