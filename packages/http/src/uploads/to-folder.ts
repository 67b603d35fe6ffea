import { UploadNameTaken } from "../errors.ts"
import { BlockWriter } from "./block-writer.ts"
import { type FileHandle, refuseFull, writeAll } from "./file-handle.ts"
import { checkLimits } from "./limits.ts"
import { chooseName, type UploadNames } from "./upload-name.ts"
import type { UploadTarget, UploadWriter } from "./upload-target.ts"

export interface FolderOptions {
  /** Default `uuid`. */
  readonly names?: UploadNames
  /** The permissions of stored files, less the process's umask. Never executable by default: `0o640`. */
  readonly mode?: number
  /** Ask the system to write file and folder to the disk before the form counts as received. Default true. */
  readonly durable?: boolean
  /**
   * What a process that was killed left half-written is removed at the first upload after a start, when it is older.
   * Default 24 hours.
   */
  readonly staleAfterMs?: number
}

/** What a handler gets of a file in a folder. */
export interface StoredInFolder {
  /** Where the file is: the folder as it was given, and the file's name. */
  readonly path: string
}

type Fs = typeof import("node:fs/promises")

/** Where files grow: in the same file system as their place, and never served with them by name. */
const INCOMING = ".incoming"

/**
 * Keeps files in a folder, which is made when it is not there. A file grows under another name in its subfolder `.incoming`
 * and is linked into place when the form is complete, so a reader of the folder never sees half of one.
 * @example const photos = toFolder("./data/photos", { names: "timestamp" })
 */
export function toFolder(folder: string, options: FolderOptions = {}): UploadTarget<StoredInFolder> {
  const { names = "uuid", mode = 0o640, durable = true, staleAfterMs = 24 * 3_600_000 } = options
  checkLimits({ mode, staleAfterMs })
  const root = folder.replace(/[\\/]+$/, "") || folder
  const incoming = `${root}/${INCOMING}`
  let ready: Promise<Fs> | undefined
  const prepare = async (): Promise<Fs> => {
    const fs = await import("node:fs/promises") // not before it is used: the module loads where there is no file system
    await fs.mkdir(incoming, { recursive: true })
    await sweep(fs, incoming, staleAfterMs)
    return fs
  }
  return {
    async open(file) {
      const name = chooseName(names, file)
      ready ??= prepare().catch((error: unknown) => {
        ready = undefined // the folder may be there at the next try
        throw error
      })
      const fs = await ready
      const growing = `${incoming}/${crypto.randomUUID()}`
      const handle = await fs.open(growing, "wx", mode).catch(refuseFull)
      return new FolderWriter({ fs, handle, name, growing, folder: root, durable })
    },
  }
}

async function sweep(fs: Fs, incoming: string, staleAfterMs: number): Promise<void> {
  const before = Date.now() - staleAfterMs
  for (const name of await fs.readdir(incoming)) {
    const path = `${incoming}/${name}`
    const found = await fs.stat(path).catch(ignoreMissing) // another process may sweep, too
    if (found !== undefined && found.mtimeMs < before) await fs.rm(path, { force: true })
  }
}

interface Place {
  readonly fs: Fs
  readonly handle: FileHandle
  readonly name: string
  readonly growing: string
  readonly folder: string
  readonly durable: boolean
}

class FolderWriter implements UploadWriter<StoredInFolder> {
  readonly name: string
  readonly #place: Place
  readonly #path: string
  readonly #blocks: BlockWriter
  #isOpen = true
  #isGrowing = true
  #isPlaced = false

  constructor(place: Place) {
    this.name = place.name
    this.#place = place
    this.#path = `${place.folder}/${place.name}`
    this.#blocks = new BlockWriter((block) => writeAll(place.handle, block))
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#blocks.take(chunk)
  }

  async end(): Promise<void> {
    await this.#blocks.flush()
    if (this.#place.durable) await this.#place.handle.sync().catch(refuseFull)
    await this.#close()
  }

  async commit(): Promise<StoredInFolder> {
    const { fs, growing, folder, durable } = this.#place
    // A link, because renaming would replace a file that has the name already.
    await fs.link(growing, this.#path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EEXIST") return this.#moveIntoPlace(cause)
      throw new UploadNameTaken(`A file named ${JSON.stringify(this.name)} is stored already`, { cause })
    })
    this.#isPlaced = true
    await this.#removeGrowing()
    if (durable) await syncFolder(fs, folder)
    return { path: this.#path }
  }

  async discard(): Promise<void> {
    await this.#close()
    await this.#removeGrowing()
    if (!this.#isPlaced) return
    await this.#place.fs.rm(this.#path, { force: true })
    this.#isPlaced = false
  }

  /** For file systems without links: the name is taken first, by an empty file, and then replaced. */
  async #moveIntoPlace(cause: NodeJS.ErrnoException): Promise<void> {
    if (!NO_LINKS.has(cause.code ?? "")) throw cause
    const { fs, growing } = this.#place
    const taken = await fs.open(this.#path, "wx").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error
      throw new UploadNameTaken(`A file named ${JSON.stringify(this.name)} is stored already`, { cause: error })
    })
    this.#isPlaced = true
    await taken.close()
    await fs.rename(growing, this.#path)
    this.#isGrowing = false
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#blocks.idle()
    await this.#place.handle.close()
  }

  async #removeGrowing(): Promise<void> {
    if (!this.#isGrowing) return
    await this.#place.fs.rm(this.#place.growing, { force: true })
    this.#isGrowing = false
  }
}

const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "EXDEV"])

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error
}

/** A name is durable when its folder is. Windows opens no folders, and needs no such thing. */
async function syncFolder(fs: Fs, folder: string): Promise<void> {
  const handle = await fs.open(folder, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EISDIR" && error.code !== "EPERM" && error.code !== "EACCES") throw error
  })
  if (handle === undefined) return
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
