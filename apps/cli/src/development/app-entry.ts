import { existsSync, readFileSync, statSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { AppMissing } from "../errors.ts"

/** Where an app starts when nobody says it, after the `main` of package.json. */
const USUAL: readonly string[] = ["src/main.ts", "src/app.ts", "app.ts", "src/main.js", "src/app.js", "app.js"]
const SOURCE = /\.(?:ts|mts|tsx|js|mjs|jsx)$/

/**
 * The file that an app starts from: the one that was named, or in a folder `main` of its package.json, `src/main.ts`,
 * `src/app.ts`, `app.ts`.
 *
 * @returns an absolute path.
 * @throws {CLI_APP_MISSING} When there is none.
 */
export function findEntry(cwd: string, named: string | undefined): string {
  const place = resolve(cwd, named ?? ".")
  const isThere = existsSync(place)
  if (!isThere) throw new AppMissing(`There is no ${named}. Name the file that exports your app or lets it listen.`)
  if (statSync(place).isFile()) return place
  const main = mainOf(place)
  const places = [...(main !== undefined && SOURCE.test(main) ? [main] : []), ...USUAL]
  const found = places.map((one) => join(place, one)).find((one) => existsSync(one) && statSync(one).isFile())
  if (found !== undefined) return found
  const where = relative(cwd, place) === "" ? "here" : `in ${relative(cwd, place)}`
  throw new AppMissing(
    `There is no app ${where}: looked for ${[...new Set(places)].slice(0, 4).join(", ")}. Name its file.`,
  )
}

function mainOf(folder: string): string | undefined {
  try {
    const { main } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { main?: unknown }
    return typeof main === "string" ? main : undefined
  } catch {
    return undefined // no package.json, or none that can be read: the usual places are left
  }
}

/**
 * The path of a module that the app brings itself, so that the command works with whatever version the app has.
 *
 * @param from A file or folder of the app.
 * @returns undefined where it is not installed.
 */
export function findModule(specifier: string, from: string): string | undefined {
  const folder = existsSync(from) && statSync(from).isDirectory() ? from : dirname(from)
  try {
    return Bun.resolveSync(specifier, folder)
  } catch {
    return undefined
  }
}
