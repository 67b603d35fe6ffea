import { createHash } from "node:crypto"
import type { BigIntStats } from "node:fs"
import { open, readdir, readFile, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { contentTypeOf } from "@ashlar/core/files"
import type { StoredObject, Visibility } from "../storage.ts"
import { makeFolder, syncFolder } from "./file-durability.ts"

/** What is said of an object beside its bytes, in a file of its own. */
export interface Facts {
  readonly etag: string
  readonly contentType: string
  readonly metadata: Readonly<Record<string, string>>
  readonly visibility: Visibility
  readonly sha256?: string
}

/**
 * Which state of a file this is. What is said of an object is kept under it, before the file gets its name: so the one step by
 * which an object appears is the rename of its file, and what is said of another state is never taken for it.
 */
export function stateOf({ size, mtimeNs }: BigIntStats): string {
  return `${size.toString(36)}-${mtimeNs.toString(36)}`
}

/** A file of somebody else's in the folder is an object, too. */
export function toObject(key: string, stats: BigIntStats, facts: Facts | undefined): StoredObject {
  const said = facts ?? {
    etag: stateOf(stats),
    contentType: contentTypeOf(key),
    metadata: {},
    visibility: "private" as const,
  }
  return { key, sizeBytes: Number(stats.size), modified: new Date(Number(stats.mtimeNs / 1_000_000n)), ...said }
}

/** Where the facts of all objects are. */
export class FactsFolder {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async read(key: string, state: string): Promise<Facts | undefined> {
    try {
      return JSON.parse(await readFile(join(this.#of(key), state), "utf8")) as Facts
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
      throw error
    }
  }

  /** @returns false when there are facts of that very state already. */
  async add(key: string, state: string, facts: Facts): Promise<boolean> {
    const folder = this.#of(key)
    await makeFolder(folder)
    try {
      await writeSynced(join(folder, state), JSON.stringify(facts))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
      throw error
    }
    await syncFolder(folder)
    return true
  }

  async replace(key: string, state: string, facts: Facts): Promise<void> {
    const folder = this.#of(key)
    await makeFolder(folder)
    const made = join(folder, `${state}.new`)
    await rm(made, { force: true })
    await writeSynced(made, JSON.stringify(facts))
    await rename(made, join(folder, state))
    await syncFolder(folder)
  }

  /** Removes what is said of other states than this one: of all, without it. */
  async keepOnly(key: string, state: string | undefined): Promise<void> {
    const folder = this.#of(key)
    if (state === undefined) return await rm(folder, { recursive: true, force: true })
    for (const name of await readdir(folder)) if (name !== state) await rm(join(folder, name), { force: true })
  }

  async remove(key: string, state: string): Promise<void> {
    await rm(join(this.#of(key), state), { force: true })
  }

  #of(key: string): string {
    const name = createHash("sha256").update(key).digest("hex")
    return join(this.#folder, name.slice(0, 2), name)
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, "wx", 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}
