import { compareKeys } from "./key.ts"
import type { ListedObject } from "./storage.ts"
import type { StoreList, StorePage } from "./store.ts"

/**
 * One page of keys that come in their order. A folder (what is before the next slash behind the prefix) is told once, where its
 * first key would be. `next` is the last that was told, so that what is written between two pages moves nothing.
 */
export async function pageOf(
  keys: Iterable<string> | AsyncIterable<string>,
  { prefix, delimiter, limit, after }: StoreList,
  find: (key: string) => ListedObject | undefined | Promise<ListedObject | undefined>,
): Promise<StorePage> {
  const objects: ListedObject[] = []
  const prefixes: string[] = []
  let last: string | undefined
  for await (const key of keys) {
    if (!key.startsWith(prefix) || !isAfter(key, after)) continue
    const slash = delimiter === undefined ? -1 : key.indexOf("/", prefix.length)
    const folder = slash < 0 ? undefined : key.slice(0, slash + 1)
    if (folder !== undefined && folder === prefixes.at(-1)) continue
    if (objects.length + prefixes.length === limit) return { objects, prefixes, next: last! }
    if (folder === undefined) {
      const object = await find(key)
      if (object === undefined) continue // it was deleted meanwhile
      const { sizeBytes, etag, modified } = object
      objects.push({ key, sizeBytes, etag, modified })
    } else prefixes.push(folder)
    last = folder ?? key
  }
  return { objects, prefixes }
}

/** Behind a folder's name is behind all that is in it. */
function isAfter(key: string, after: string | undefined): boolean {
  if (after === undefined) return true
  return compareKeys(key, after) > 0 && !(after.endsWith("/") && key.startsWith(after))
}
