import { isPlain } from "../reply/reply.ts"
import type { Trim } from "./trim.ts"

type Fields = Record<string, unknown>

/** What an object may have. */
export interface Members {
  /** Its keys, each with what trims its value. */
  readonly members: ReadonlyMap<string, Trim | undefined>
  /** Keys that it must not have, even where it may have others. */
  readonly refused: ReadonlySet<string>
  /** Whether it may have other keys too. */
  readonly isOpen: boolean
  /** What trims the values of those. */
  readonly rest: Trim | undefined
}

/** Leaves other keys out. What has its own JSON form is that: an instance with `toJSON` is trimmed as what it gives. */
export function trimMembers({ members, refused, isOpen, rest }: Members): Trim {
  const inner = [...members].filter((entry): entry is [string, Trim] => entry[1] !== undefined)
  const takes = (key: string): boolean => members.has(key) || (isOpen && !refused.has(key))
  const hasNoOther = exactness([...members.keys()])
  const trim = (value: Fields): Fields => {
    if (hasNoOther(value)) return trimAll(value)
    return trimAll(Object.keys(value).every(takes) ? value : keep(value, takes))
  }
  const trimAll = (value: Fields): Fields => {
    const trimmed = inner.length === 0 ? value : trimInner(inner, value)
    return rest === undefined ? trimmed : trimInner(othersOf(trimmed, { members, rest }), trimmed)
  }
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value
    if (isPlain(value)) return trim(value as Fields)
    const plain = asJson(value)
    return typeof plain === "object" && plain !== null ? trim(plain as Fields) : plain
  }
}

/**
 * Whether an object has none but these keys, as far as can be told by counting, which costs a fraction of looking each key up:
 * there are as many as of these are there. Where a key has no value the answer is no, and each is looked up.
 */
function exactness(keys: readonly string[]): (value: Fields) => boolean {
  if (keys.some((key) => key in Object.prototype)) return () => false // found in every object, whether it is there or not
  return (value) => {
    let known = 0
    for (let at = 0; at < keys.length; at++) if (value[keys[at]!] !== undefined) known++
    let all = 0
    for (const _ in value) all++
    return known === all
  }
}

function asJson(value: object): unknown {
  const { toJSON } = value as { toJSON?: unknown }
  return typeof toJSON === "function" ? (toJSON.call(value) as unknown) : value
}

/** The same object with those of its own keys that it may have. */
function keep(value: Fields, takes: (key: string) => boolean): Fields {
  const kept: Fields = {}
  for (const key of Object.keys(value)) if (takes(key)) setOwn(kept, key, value[key])
  return kept
}

function trimInner(inner: readonly (readonly [string, Trim])[], value: Fields): Fields {
  let copy: Fields | undefined
  for (const [key, trim] of inner) {
    if (!Object.hasOwn(value, key)) continue
    const given = value[key]
    const trimmed = trim(given)
    if (trimmed === given) continue
    copy ??= { ...value }
    setOwn(copy, key, trimmed)
  }
  return copy ?? value
}

function othersOf(
  value: Fields,
  { members, rest }: { readonly members: ReadonlyMap<string, unknown>; readonly rest: Trim },
): readonly (readonly [string, Trim])[] {
  return Object.keys(value).flatMap((key) => (members.has(key) ? [] : [[key, rest] as const]))
}

/** Trims the items of a list: the first ones by their own schema, the others by `rest`. */
export function trimItems(first: readonly (Trim | undefined)[], rest: Trim | undefined): Trim {
  return (value) => {
    if (!Array.isArray(value)) return value
    let copy: unknown[] | undefined
    for (let at = 0; at < value.length; at++) {
      const trim = at < first.length ? first[at] : rest
      if (trim === undefined) continue
      const trimmed = trim(value[at])
      if (trimmed === value[at]) continue
      copy ??= [...(value as unknown[])]
      copy[at] = trimmed
    }
    return copy ?? value
  }
}

/** `__proto__` is a key like any other. */
function setOwn(fields: Fields, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(fields, key, { value, enumerable: true, writable: true, configurable: true })
  else fields[key] = value
}
