import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import { type FileHandle, link, open as openFile, unlink } from "node:fs/promises"
import { dirname } from "node:path"
import type { DriverUrl } from "@ashlar/core"
import { RootKeyExposed, RootKeyInvalid, RootKeyMissing } from "../errors.ts"
import { wipe } from "../wipe.ts"
import { localRootKey, ROOT_KEY_BYTES } from "./local.ts"
import type { RootKey } from "./root-key.ts"

export interface FileOptions {
  readonly create: boolean
}

/**
 * `file:path`: 32 random bytes in a file that only its owner may read. Made when it is missing and `create=true` says so: on disk with
 * its folder entry when this returns, whole or not at all after a crash, and the same for two processes that start at once.
 */
export async function open(url: DriverUrl, { create }: FileOptions): Promise<RootKey> {
  const path = url.host === undefined ? url.name : `/${url.name}`
  if (path === "" || (url.host !== undefined && url.host !== ""))
    throw new RootKeyInvalid("Expected file:path or file:///path for the root key.")
  let bytes = await readKey(path)
  if (bytes === undefined && create) {
    await createKey(path)
    bytes = await readKey(path)
  }
  if (bytes === undefined)
    throw new RootKeyMissing(
      `Expected the root key at ${path}, found nothing. Restore it, or add ?create=true for a new one.`,
    )
  const root = localRootKey(bytes, "file")
  wipe(bytes)
  return root
}

async function readKey(path: string): Promise<Uint8Array | undefined> {
  const file = await openIfThere(path)
  if (file === undefined) return undefined
  try {
    // What is checked is the open file, not the path: the path may lead elsewhere a moment later.
    const stats = await file.stat()
    if (!stats.isFile() || stats.size !== ROOT_KEY_BYTES)
      throw new RootKeyInvalid(
        `Expected ${path} to be a file of ${ROOT_KEY_BYTES} bytes, got ${stats.isFile() ? `${stats.size} bytes` : "no regular file"}.`,
      )
    const mode = stats.mode & 0o777
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      throw new RootKeyExposed(
        `Expected mode 600 on ${path}, got ${mode.toString(8)}: others may have read it. Run: chmod 600 ${path}`,
      )
    return await file.readFile()
  } finally {
    await file.close()
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for ever for a writer.
    return await openFile(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    if (isCode(cause, "ENOENT")) return undefined
    throw new RootKeyInvalid(`The root key ${path} cannot be opened. Is it yours, and its folder readable?`, { cause })
  }
}

/** A full file under another name, then a link: the name `path` appears with all its bytes, and is never replaced. */
async function createKey(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString("hex")}`
  const bytes = randomBytes(ROOT_KEY_BYTES)
  try {
    const file = await openFile(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(draft, path).catch((error: unknown) => {
      if (!isCode(error, "EEXIST")) throw error
    })
  } catch (cause) {
    throw new RootKeyMissing(`The root key could not be written to ${path}. Is its folder there and writable?`, {
      cause,
    })
  } finally {
    wipe(bytes)
    await unlink(draft).catch(() => undefined)
  }
  if (process.platform === "win32") return
  const folder = await openFile(dirname(path), constants.O_RDONLY)
  await folder.sync().finally(() => folder.close())
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code
}
