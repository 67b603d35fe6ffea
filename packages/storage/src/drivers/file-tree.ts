import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { compareKeys, RESERVED_SEGMENT } from "../key.ts"
import type { StoreList } from "../store.ts"

/**
 * The keys of a folder in their order, as far as a list asks for: folders that hold none of them are not read. Links are no
 * objects, and nothing behind one is.
 */
export async function* walkKeys(root: string, list: StoreList, folder = ""): AsyncGenerator<string> {
  for (const name of await namesIn(root, folder)) {
    const full = folder + name
    if (!full.endsWith("/")) {
      if (full.startsWith(list.prefix)) yield full
      continue
    }
    if (!isWanted(full, list)) continue
    // With a delimiter a folder is told by its first key.
    const isTold = list.delimiter !== undefined && full.startsWith(list.prefix) && full.length > list.prefix.length
    for await (const key of walkKeys(root, list, full)) {
      yield key
      if (isTold) break
    }
  }
}

function isWanted(folder: string, { prefix, after }: StoreList): boolean {
  if (!folder.startsWith(prefix) && !prefix.startsWith(folder)) return false
  if (after === undefined || after.startsWith(folder)) return after !== folder
  return compareKeys(folder, after) > 0
}

/** Folders with their slash, which is how they are in the order of keys. */
async function namesIn(root: string, folder: string): Promise<string[]> {
  try {
    const found = await readdir(join(root, folder), { withFileTypes: true })
    return found
      .filter((one) => (one.isFile() || one.isDirectory()) && !(folder === "" && one.name === RESERVED_SEGMENT))
      .map((one) => (one.isDirectory() ? `${one.name}/` : one.name))
      .sort(compareKeys)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "ENOTDIR") return [] // deleted meanwhile
    throw error
  }
}
