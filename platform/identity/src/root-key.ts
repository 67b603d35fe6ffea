import { hkdfSync, randomBytes } from "node:crypto"
import { constants } from "node:fs"
import { type FileHandle, link, open, unlink } from "node:fs/promises"
import { dirname } from "node:path"
import { RootKeyDamaged, RootKeyExposed, RootKeyMissing } from "./errors.ts"

const ROOT_KEY_BYTES = 32
const DERIVED_KEY_BYTES = 32

/** The secret that every other secret of an install hangs on. It can derive keys, and cannot be printed. */
export class RootKey {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    if (bytes.byteLength !== ROOT_KEY_BYTES) {
      throw new RootKeyDamaged(`Expected a root key of ${ROOT_KEY_BYTES} bytes, got ${bytes.byteLength}.`)
    }
    this.#bytes = bytes.slice()
  }

  /**
   * A key of 32 bytes for one purpose, always the same for the same purpose. Two purposes give unrelated keys, so a
   * key that leaks tells nothing about the root or about its siblings.
   *
   * @see RFC 5869 (HKDF with SHA-256; the purpose is `info`)
   */
  derive(purpose: string): Uint8Array {
    return new Uint8Array(hkdfSync("sha256", this.#bytes, new Uint8Array(0), `ashlar/1/${purpose}`, DERIVED_KEY_BYTES))
  }

  toJSON(): string {
    return "[root key]"
  }
}

export interface RootKeyOptions {
  /**
   * Whether a missing file is made. Say `false` when the database is already there: a new key could not open what the
   * lost one sealed, and would hide the loss. Default: true.
   */
  readonly create?: boolean
}

/**
 * Reads the root key of an install, and makes it on the first start: 32 random bytes in a file that only its owner may
 * read. When this returns, the file and its folder entry are on disk; a crash leaves the whole file or none. Of two
 * processes that start at once both get the same key. The folder must exist.
 *
 * @throws {IDENTITY_ROOT_KEY_MISSING} when there is no file and `create` is false
 * @throws {IDENTITY_ROOT_KEY_EXPOSED} when the file's group or others have any permission on it (not checked on Windows)
 * @throws {IDENTITY_ROOT_KEY_DAMAGED} when it is not a regular file of 32 bytes
 */
export async function openRootKey(path: string, options: RootKeyOptions = {}): Promise<RootKey> {
  const found = await readKey(path)
  if (found) return found
  if (options.create === false) {
    throw new RootKeyMissing(
      `Expected the root key at ${path}, found nothing, but its database exists. Restore the file.`,
    )
  }
  await createKey(path)
  const created = await readKey(path)
  if (created) return created
  throw new RootKeyMissing(
    `The root key at ${path} was removed while it was opened. Keep the data folder to one server.`,
  )
}

async function readKey(path: string): Promise<RootKey | undefined> {
  const file = await openIfThere(path)
  if (!file) return undefined
  try {
    // What is checked is the open file, not the path: the path may lead elsewhere a moment later.
    const stats = await file.stat()
    if (!stats.isFile() || stats.size !== ROOT_KEY_BYTES) {
      throw new RootKeyDamaged(
        `Expected ${path} to be a file of ${ROOT_KEY_BYTES} bytes, got ${stats.isFile() ? `${stats.size} bytes` : "no regular file"}. Restore it from where you keep it.`,
      )
    }
    const mode = stats.mode & 0o777
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      throw new RootKeyExposed(
        `Expected mode 600 on ${path}, got ${mode.toString(8)}: others may have read it. Run: chmod 600 ${path}`,
      )
    }
    return new RootKey(await file.readFile())
  } finally {
    await file.close()
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for ever for a writer.
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    if (isCode(cause, "ENOENT")) return undefined
    throw new RootKeyDamaged(`The root key file ${path} cannot be opened. Is it yours, and is its folder readable?`, {
      cause,
    })
  }
}

/** A full file under another name, then a link: the name `path` appears with all its bytes, and is never replaced. */
async function createKey(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString("hex")}`
  try {
    const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      await file.writeFile(randomBytes(ROOT_KEY_BYTES))
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
    await unlink(draft).catch(() => undefined)
  }
  await syncFolder(dirname(path))
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}
