import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** A developer's app in a folder of its own, with this repository's packages installed in it. */
export interface TestingApp extends Disposable {
  readonly folder: string
  write(name: string, text: string): void
}

const packages = join(import.meta.dir, "../../../packages")

export function createTestingApp(files: Readonly<Record<string, string>>): TestingApp {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-app-"))
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  mkdirSync(join(folder, "node_modules/@ashlar"), { recursive: true })
  for (const name of readdirSync(packages)) {
    const { name: installed } = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")) as {
      name: string
    }
    symlinkSync(join(packages, name), join(folder, "node_modules", installed))
  }
  write("package.json", JSON.stringify({ name: "app", private: true, type: "module" }))
  for (const [name, text] of Object.entries(files)) write(name, text)
  return { folder, write, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}
