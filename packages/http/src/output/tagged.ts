import type { JsonSchema } from "../routes/json-schema.ts"
import { isObject } from "../routes/schema-root.ts"
import type { Trim } from "./trim.ts"

type Parts = readonly JsonSchema[]

/**
 * Tells alternatives apart by a member that has another constant in each: `{ kind: "circle", … }`. A value whose tag is none
 * of them loses all but the tag.
 * @returns undefined where there is no such member.
 */
export function chooseByTag(wholes: readonly Parts[], make: (parts: Parts) => Trim | undefined): Trim | undefined {
  const tags = wholes.map(constantsOf)
  const key = [...(tags[0]?.keys() ?? [])].find(
    (name) => new Set(tags.map((one) => one.get(name))).size === wholes.length && tags.every((one) => one.has(name)),
  )
  if (key === undefined) return undefined
  const trims = new Map(wholes.map((parts, index) => [tags[index]!.get(key), make(parts)]))
  return (value) => {
    if (!isObject(value)) return value
    const tag = Object.hasOwn(value, key) ? value[key] : undefined
    if (!trims.has(tag)) return { [key]: tag }
    return trims.get(tag)?.(value) ?? value
  }
}

function constantsOf(parts: Parts): ReadonlyMap<string, unknown> {
  return new Map(
    parts.flatMap(({ properties }) =>
      Object.entries((properties ?? {}) as JsonSchema).flatMap(([name, one]) => {
        if (!isObject(one)) return []
        if (one.const !== undefined) return [[name, one.const] as const]
        return Array.isArray(one.enum) && one.enum.length === 1 ? [[name, one.enum[0] as unknown] as const] : []
      }),
    ),
  )
}
