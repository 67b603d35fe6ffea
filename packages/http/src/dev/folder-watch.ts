import { type FSWatcher, readdirSync, statSync, watch } from "node:fs"
import { dirname, join, sep } from "node:path"

export interface FolderWatchOptions {
  /** The folder that is watched with all below it, but for what is installed, built or hidden. */
  readonly root: string
  readonly onChange: (file: string, kind: "created" | "changed" | "deleted") => void
  /** How many folders are watched at most; systems limit it. Default 2,000. */
  readonly maxFolders?: number
}

const IGNORED: ReadonlySet<string> = new Set(["node_modules", "dist", "build", "coverage"])

/**
 * Watches folders, not files: editors replace a file by another one of its name. One watcher per folder works the same on
 * every runtime.
 */
export class FolderWatch {
  readonly #options: FolderWatchOptions
  readonly #maxFolders: number
  readonly #folders = new Map<string, { readonly watcher: FSWatcher; readonly files: Set<string> }>()

  constructor(options: FolderWatchOptions) {
    this.#options = options
    this.#maxFolders = options.maxFolders ?? 2_000
    this.#addTree(options.root)
  }

  /** Whether there are more folders than may be watched. */
  get isFull(): boolean {
    return this.#folders.size >= this.#maxFolders
  }

  /** Watches the folder of a file that is elsewhere, as that of a linked package. */
  addFolderOf(file: string): void {
    this.#add(dirname(file))
  }

  close(): void {
    for (const { watcher } of this.#folders.values()) watcher.close()
    this.#folders.clear()
  }

  #addTree(folder: string): void {
    for (const name of this.#add(folder)) if (!isIgnored(name)) this.#addTree(join(folder, name))
  }

  /** @returns the names of the folders in it. */
  #add(folder: string): readonly string[] {
    if (this.#folders.has(folder) || this.isFull) return []
    try {
      // First the watcher: what is created after the list was read would be missed.
      const watcher = watch(folder, (_event, name) => {
        if (name !== null) this.#look(folder, String(name))
      })
      watcher.on("error", () => this.#remove(folder))
      const entries = readdirSync(folder, { withFileTypes: true })
      const files = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name))
      this.#folders.set(folder, { watcher, files })
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    } catch {
      return [] // it is gone, or not ours to read
    }
  }

  /** What a name is now says more than what the event calls it. */
  #look(folder: string, name: string): void {
    const files = this.#folders.get(folder)?.files
    if (files === undefined) return
    const path = join(folder, name)
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) {
      this.#remove(path)
      if (files.delete(name)) this.#options.onChange(path, "deleted")
    } else if (found.isDirectory()) {
      if (!isIgnored(name) && path.startsWith(this.#options.root + sep)) this.#enter(path)
    } else {
      const kind = files.has(name) ? "changed" : "created"
      files.add(name)
      this.#options.onChange(path, kind)
    }
  }

  /** A new folder may have had files before it was watched. */
  #enter(folder: string): void {
    if (this.#folders.has(folder)) return
    const inner = this.#add(folder)
    for (const name of this.#folders.get(folder)?.files ?? []) this.#options.onChange(join(folder, name), "created")
    for (const name of inner) if (!isIgnored(name)) this.#enter(join(folder, name))
  }

  #remove(folder: string): void {
    for (const [path, { watcher }] of this.#folders) {
      if (path !== folder && !path.startsWith(folder + sep)) continue
      watcher.close()
      this.#folders.delete(path)
    }
  }
}

function isIgnored(name: string): boolean {
  return IGNORED.has(name) || name.startsWith(".")
}
