/** A version of semver, taken apart. */
interface Version {
  readonly numbers: readonly [number, number, number]
  readonly pre: readonly (string | number)[]
}

/**
 * Which of two versions comes first: below 0, 0, above 0. Undefined when one is none.
 * @see https://semver.org/#spec-item-11
 */
export function compareVersions(a: string, b: string): number | undefined {
  const [one, other] = [parse(a), parse(b)]
  if (one === undefined || other === undefined) return undefined
  for (let at = 0; at < 3; at++) {
    const difference = one.numbers[at]! - other.numbers[at]!
    if (difference !== 0) return difference
  }
  if (one.pre.length === 0 || other.pre.length === 0) return other.pre.length - one.pre.length
  for (let at = 0; at < Math.min(one.pre.length, other.pre.length); at++) {
    const difference = compareParts(one.pre[at]!, other.pre[at]!)
    if (difference !== 0) return difference
  }
  return one.pre.length - other.pre.length
}

function compareParts(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b
  if (typeof a === "number") return -1
  if (typeof b === "number") return 1
  return a < b ? -1 : a > b ? 1 : 0
}

const VERSION =
  /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:-([0-9A-Za-z.-]{1,200}))?(?:\+[0-9A-Za-z.-]{1,200})?$/

function parse(text: string): Version | undefined {
  const [, major, minor = "0", patch = "0", pre] = VERSION.exec(text.trim()) ?? []
  if (major === undefined) return undefined
  return {
    numbers: [Number(major), Number(minor), Number(patch)],
    pre: pre?.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part)) ?? [],
  }
}
