import { TestMisused } from "./errors.ts"

/** How far time goes: milliseconds, or text such as `90s`, `2h`, `1d12h`. Units: ms, s, m, h, d, w. */
export type Duration = number | string

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/**
 * Reads a duration, in milliseconds.
 * @throws {TESTING_MISUSED} when it is none, or goes back.
 */
export function parseDuration(duration: Duration): number {
  if (typeof duration === "number" && duration >= 0 && Number.isFinite(duration)) return duration
  const text = String(duration).replaceAll(" ", "")
  const parts = typeof duration === "string" ? [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)] : []
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text)
    throw new TestMisused(`Expected a duration such as "90s", "2h" or "1d12h", got ${JSON.stringify(duration)}`)
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0)
}
