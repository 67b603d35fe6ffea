import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"

/** The part of `@ashlar/file-router/generator` that is used here. The app brings it, in whatever version it has. */
interface Generator {
  renewManifest?(manifest: string): Promise<boolean | undefined>
}

const WRITTEN = /^\/\/ Written from the files of .* by @ashlar\/file-router/

/** The manifests of route files among a developer's modules: they are written anew before the code is loaded. */
export class Manifests {
  readonly #generators = new Map<string, Generator>()
  readonly #seen = new Set<string>()

  has(file: string): boolean {
    return this.#generators.has(file)
  }

  /** @throws what the file router says of files that cannot be routes. */
  async renew(): Promise<void> {
    for (const manifest of this.#generators.keys()) await this.#write(manifest)
  }

  /**
   * After a load: looks for manifests that it brought.
   * @returns whether the files say another thing than one of them did, so that the code has to be loaded again.
   */
  async find(modules: Iterable<string>): Promise<boolean> {
    let isOld = false
    for (const file of modules)
      if (await this.#isManifest(file)) isOld = (await this.#write(file).catch(() => true)) || isOld
    return isOld
  }

  async #write(manifest: string): Promise<boolean> {
    const isWritten = await this.#generators.get(manifest)?.renewManifest?.(manifest)
    // It is none any more, or gone: then it is code as any other.
    if (isWritten === undefined && this.#generators.delete(manifest)) this.#seen.delete(manifest)
    return isWritten === true
  }

  /** Whether it is one that was not known. */
  async #isManifest(file: string): Promise<boolean> {
    if (this.#seen.has(file)) return false
    try {
      const isManifest = WRITTEN.test(readFileSync(file, "utf8"))
      this.#seen.add(file)
      if (!isManifest) return false
      const path = createRequire(file).resolve("@ashlar/file-router/generator")
      this.#generators.set(file, (await import(pathToFileURL(path).href)) as Generator)
      return true
    } catch {
      return false // it is not there yet, or what wrote it is not installed: the app says so itself
    }
  }
}
