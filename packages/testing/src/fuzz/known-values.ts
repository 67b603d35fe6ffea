import type { RouteRecord } from "@ashlar/http"
import { isRecord } from "./json-schema.ts"

const MAX_VALUES = 20
const MAX_DEPTH = 3
/** Members by which things are addressed. */
const NAMES: ReadonlySet<string> = new Set(["id", "slug", "name", "key", "uuid", "token", "cursor", "next"])

/**
 * What a run has learnt from answers: ids of what it made, to ask for them. The latest are kept.
 */
export class KnownValuePool {
  readonly #given: Readonly<Record<string, readonly unknown[]>>
  /** By the path of a collection: what stood in its answers as `id`, `slug`, `name` … */
  readonly #byPath = new Map<string, string[]>()
  readonly #byName = new Map<string, unknown[]>()

  constructor(given: Readonly<Record<string, readonly unknown[]>>) {
    this.#given = given
  }

  /** Learns from a good answer. */
  learn({ path }: RouteRecord, value: unknown, depth = 0): void {
    if (depth > MAX_DEPTH) return
    if (Array.isArray(value))
      for (const one of value.slice(0, MAX_VALUES)) this.learn({ path } as RouteRecord, one, depth + 1)
    if (!isRecord(value)) return
    for (const [key, one] of Object.entries(value)) {
      const isScalar = typeof one === "string" || typeof one === "number"
      if (isScalar && String(one).length <= 512) {
        if (NAMES.has(key)) keep(this.#byPath, collectionOf(path), String(one))
        keep(this.#byName, key, one)
      } else this.learn({ path } as RouteRecord, one, depth + 1)
    }
  }

  /** Values for a member of this name. */
  named(name: string): readonly unknown[] {
    if (Object.hasOwn(this.#given, name)) return this.#given[name]!
    return NAMES.has(name) ? [] : (this.#byName.get(name) ?? [])
  }

  /** Values for a parameter of a route: what the collection before it told. */
  ofParam(record: RouteRecord, name: string): readonly unknown[] {
    if (Object.hasOwn(this.#given, name)) return this.#given[name]!
    const at = record.segments.findIndex((segment) => segment.kind !== "static" && segment.name === name)
    if (at < 1) return []
    const before = `/${record.path.split("/").filter(Boolean).slice(0, at).join("/")}`
    const named = [`${name}Id`, `${name}_id`].flatMap((one) => this.#byName.get(one) ?? [])
    return [...(this.#byPath.get(before) ?? []), ...named]
  }
}

/** `/users/:id` belongs to `/users`, as does `/users`. */
function collectionOf(path: string): string {
  return path.replace(/(?:\/[:*][^/]*)+$/, "") || "/"
}

function keep<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = (map.get(key) ?? []).filter((one) => one !== value)
  map.set(key, [...known, value].slice(-MAX_VALUES))
}
