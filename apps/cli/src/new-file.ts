import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, relative, resolve } from "node:path"
import { InputInvalid } from "./errors.ts"

/** @throws {CLI_INPUT_INVALID} when there is such a file, unless `force`. */
export function refuseToReplace(cwd: string, path: string, force = false): void {
  if (force || !existsSync(path)) return
  throw new InputInvalid(`${relative(cwd, path)} is there already. Name another file with --out, or pass --force.`)
}

/** Writes all of these files, or none where one of them is there. @throws {CLI_INPUT_INVALID} */
export function writeNewFiles(cwd: string, files: Readonly<Record<string, string>>, force = false): readonly string[] {
  const paths = Object.keys(files)
  const taken = force ? undefined : paths.find((path) => existsSync(resolve(cwd, path)))
  if (taken !== undefined) throw new InputInvalid(`${taken} is there already. Pass --force to write over it.`)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(resolve(cwd, path)), { recursive: true })
    writeFileSync(resolve(cwd, path), text)
  }
  return paths
}
