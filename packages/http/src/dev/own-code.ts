import { existsSync, realpathSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join, sep } from "node:path"
import { fileURLToPath } from "node:url"

/** The developer's own code: what is neither installed nor this framework. It is what is loaded anew, and what is shown. */
export interface OwnCode {
  /** The folder of the entry's package. */
  readonly root: string
  has(file: string): boolean
  /** A path as it is shown: from the root where it is below, without what only this process needs to tell versions apart. */
  shown(file: string): string
}

export function ownCodeOf(entry: string): OwnCode {
  const root = packageFolder(entry)
  const framework = [fileURLToPath(import.meta.url), createRequire(import.meta.url).resolve("@ashlar/core")]
    .map((file) => realpathSync(file))
    .map((file) => packageFolder(file) + sep)
  const installed = `${sep}node_modules${sep}`
  return {
    root,
    has: (file) =>
      file.startsWith(sep) && !file.includes(installed) && !framework.some((folder) => file.startsWith(folder)),
    shown: (path) => {
      const file = path.replace(/\?ashlar=\d+/, "")
      return file.startsWith(root + sep) ? file.slice(root.length + 1).replaceAll(sep, "/") : file
    },
  }
}

/** The nearest folder above with a package.json; where there is none, the file's own. */
function packageFolder(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, "package.json"))) return folder
  return dirname(file)
}
