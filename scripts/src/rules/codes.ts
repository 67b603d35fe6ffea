import type { CatalogueEntry } from "../errors-catalogue.ts"
import { isTest, type SourceFile } from "./workspaces.ts"

/** No two kinds of error share a code, and a code starts with the name of its package. */
export function checkCodes(errors: readonly CatalogueEntry[]): string[] {
  const owners = new Map<string, string>()
  return errors.flatMap(({ code, package: name }) => {
    const other = owners.get(code)
    owners.set(code, name)
    const prefix = `${name
      .replace(/^@ashlar\//, "")
      .replaceAll("-", "_")
      .toUpperCase()}_`
    return [
      ...(other === undefined
        ? []
        : [`${code}: is defined twice, in ${other} and in ${name}. Give one of them another code.`]),
      // The one code that belongs to nobody: any part may be defective.
      ...(code.startsWith(prefix) || code === "INTERNAL"
        ? []
        : [`${code}: does not start with ${prefix}, for ${name}. Rename it.`]),
    ]
  })
}

/** Every kind of error is provoked by a test, which names its code. */
export function checkProvoked(errors: readonly CatalogueEntry[], files: readonly SourceFile[]): string[] {
  const words = new Set(
    files.filter(isTest).flatMap(({ text }) => text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b/g) ?? []),
  )
  return errors
    .filter(({ code }) => !words.has(code))
    .map(
      ({ code, package: name }) =>
        `${code}: no test names it. Write one in ${name} that provokes the error and expects this code.`,
    )
}
