import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const CACHE = join(import.meta.dir, "..", "node_modules", ".cache")

/** A folder inside this package, so that what is written there can import what the package can. */
export function temporaryFolder(): {
  readonly path: string
  write(files: Readonly<Record<string, string>>): void
  remove(): void
} {
  mkdirSync(CACHE, { recursive: true })
  const path = mkdtempSync(join(CACHE, "site-"))
  return {
    path,
    write(files) {
      for (const [name, text] of Object.entries(files)) {
        const file = join(path, name)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, text)
      }
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}
