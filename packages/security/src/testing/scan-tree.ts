import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const folders: string[] = []

/** Writes files into a folder of their own, which git knows where that is asked for. */
export function treeOf(
  files: Readonly<Record<string, string>>,
  { git = false }: { readonly git?: boolean } = {},
): string {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-scan-"))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  if (git) {
    execFileSync("git", ["init", "-q"], { cwd: folder })
    execFileSync("git", ["add", "-A"], { cwd: folder })
  }
  return folder
}

/** Takes away all that were written: after the tests of a file. */
export function removeTrees(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}
