import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { basename, sep } from "node:path"
import { FolderWatch } from "./folder-watch.ts"
import type { Modules } from "./modules.ts"
import type { OwnCode } from "./own-code.ts"

export interface ChangesOptions {
  readonly own: OwnCode
  readonly modules: Modules
  /** What this program writes itself: a change of it is no change of the code. */
  readonly isGenerated?: (file: string) => boolean
  /** Files of the code have changed, after a moment of quiet. */
  readonly onChange: (files: readonly string[]) => void
  /** A file has changed that is read when a process starts. */
  readonly onStale: (file: string) => void
}

/** Saving a file is several events, and saving all files is several files. */
const QUIET_MS = 40

const SOURCE = /\.(?:ts|mts|cts|tsx|js|mjs|cjs|jsx)$/
const BESIDE = /\.(?:test|spec|test-d|d)\.[a-z]+$/
const AT_START = /^(?:package\.json|tsconfig\.json|bunfig\.toml|\.env(?:\..+)?)$/

/** Tells which of the changes under a folder are changes of the code. */
export class Changes {
  readonly #options: ChangesOptions
  readonly #watch: FolderWatch
  readonly #pending = new Set<string>()
  readonly #digests = new Map<string, string>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: ChangesOptions) {
    this.#options = options
    this.#watch = new FolderWatch({ root: options.own.root, onChange: (file, kind) => this.#look(file, kind) })
  }

  /** Whether there are more folders than are watched: changes in some go unseen. */
  get isPartial(): boolean {
    return this.#watch.isFull
  }

  /** After a load: files may have come from elsewhere. */
  follow(): void {
    const { modules, own } = this.#options
    for (const file of modules.files()) if (!file.startsWith(own.root + sep)) this.#watch.addFolderOf(file)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#watch.close()
  }

  #look(file: string, kind: "created" | "changed" | "deleted"): void {
    const { own, modules, isGenerated, onStale } = this.#options
    if (isGenerated?.(file)) return
    const name = basename(file)
    const isLoaded = modules.files().has(file)
    if (!isLoaded && AT_START.test(name) && file === `${own.root}${sep}${name}` && this.#isOther(file)) onStale(file)
    // A new source may be what an import was missing, or a route that is found by its place.
    const isNew =
      kind === "created" && SOURCE.test(name) && !BESIDE.test(name) && !name.startsWith(".") && own.has(file)
    if ((!isLoaded && !isNew) || !this.#isOther(file)) return
    this.#pending.add(file)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#tell(), QUIET_MS)
  }

  /** Whether its text is another one than at the last look: editors also write what is there already. */
  #isOther(file: string): boolean {
    const digest = existsSync(file) ? digestOf(file) : "gone"
    if (this.#digests.get(file) === digest) return false
    this.#digests.set(file, digest)
    return true
  }

  #tell(): void {
    const files = [...this.#pending]
    this.#pending.clear()
    this.#options.onChange(files)
  }
}

function digestOf(file: string): string {
  try {
    return createHash("sha1").update(readFileSync(file)).digest("hex")
  } catch {
    return "unreadable"
  }
}
