import { mkdir, open } from "node:fs/promises"
import { dirname } from "node:path"

/** A name is durable when its folder is. Windows opens no folders, and needs no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EISDIR" && error.code !== "EPERM" && error.code !== "EACCES") throw error
  })
  if (handle === undefined) return
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes durable that a name is gone from a folder, which may be gone itself by now: then it is that which counts. */
export async function syncRemoval(folder: string): Promise<void> {
  for (let at = folder; ; at = dirname(at))
    try {
      await syncFolder(at)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || at === dirname(at)) throw error
    }
}

/** Makes a folder and those above it, and makes the names of new ones durable. */
export async function makeFolder(folder: string, mode = 0o750): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode })
  if (first === undefined) return
  for (let at = folder; ; at = dirname(at)) {
    await syncFolder(dirname(at))
    if (at === first || at === dirname(at)) return
  }
}
