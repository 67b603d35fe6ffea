import { isDeepStrictEqual } from "node:util"
import { type Admin, everyItem } from "@ashlar/admin"
import type { CollectionInfo, Index, IndexField, IndexRequest, Rules } from "@ashlar/sdk"
import type { CollectionManifest } from "./manifest.ts"

export interface AppliedCollection {
  readonly name: string
  readonly change: "created" | "updated" | "unchanged"
}

/**
 * Makes the project's collections what the manifest says: creates what is missing, changes rules and indexes that
 * differ. Collections that the manifest does not name are left alone.
 */
export async function* applyCollections(
  admin: Admin,
  project: string,
  wanted: Readonly<Record<string, CollectionManifest>>,
): AsyncGenerator<AppliedCollection> {
  const found = new Map<string, CollectionInfo>()
  for await (const info of everyItem((page) => admin.collections.list(project, page))) found.set(info.name, info)
  for (const [name, { rules, indexes }] of Object.entries(wanted)) {
    const info = found.get(name)
    if (!info) {
      await admin.collections.create(project, { name, ...(rules ? { rules } : {}), ...(indexes ? { indexes } : {}) })
      yield { name, change: "created" }
      continue
    }
    const newRules = rules && !isSameRules(rules, info.rules) ? { rules } : {}
    const newIndexes = indexes && !isSameIndexes(indexes, info.indexes) ? { indexes } : {}
    const settings = { ...newRules, ...newIndexes }
    const isChanged = Object.keys(settings).length > 0
    if (isChanged) await admin.collections.update(project, name, settings)
    yield { name, change: isChanged ? "updated" : "unchanged" }
  }
}

function isSameRules(a: Rules, b: Rules): boolean {
  return (["read", "create", "update", "delete"] as const).every((action) => isDeepStrictEqual(a[action], b[action]))
}

/** Compares by what the indexes do; a name counts only where the manifest gives one. */
export function isSameIndexes(wanted: readonly IndexRequest[], found: readonly Index[]): boolean {
  const left = [...found]
  for (const request of wanted) {
    const at = left.findIndex((index) => isSameIndex(request, index))
    if (at < 0) return false
    left.splice(at, 1)
  }
  return left.length === 0
}

function isSameIndex(request: IndexRequest, index: Index): boolean {
  const long =
    typeof request === "object" && "fields" in request ? request : { fields: [request].flat() as IndexFields }
  if (long.name !== undefined && long.name !== index.name) return false
  return (
    (long.kind ?? "scalar") === index.kind &&
    (long.unique ?? false) === index.unique &&
    JSON.stringify(long.fields.map(toKey)) === JSON.stringify(index.fields.map(toKey))
  )
}

type IndexFields = readonly (string | IndexField)[]

/** One spelling per field: its segments, and its direction. */
function toKey(field: string | IndexField): readonly [readonly string[], string] {
  if (typeof field !== "string")
    return [typeof field.path === "string" ? field.path.split(".") : field.path, field.direction]
  return field.startsWith("-") ? [field.slice(1).split("."), "desc"] : [field.split("."), "asc"]
}
