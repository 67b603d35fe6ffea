import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Glob } from "bun"

export const root: string = join(import.meta.dir, "..", "..", "..")

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly description?: string
  readonly license?: string
  /** What others may import. A program has none. */
  readonly exports?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A folder of the repository with a manifest of its own. */
export interface Workspace {
  /** From the root: `packages/core`. */
  readonly folder: string
  readonly manifest: Manifest
  /** The folders its tsconfig.json refers to, from the root. */
  readonly references: readonly string[]
}

/** One file of a workspace. */
export interface SourceFile {
  /** From the root. */
  readonly path: string
  readonly text: string
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(root, path), "utf8")) as T
}

export function readRootManifest(): Manifest & { readonly workspaces: readonly string[] } {
  return readJson("package.json")
}

export function readWorkspaces(): readonly Workspace[] {
  const folders = readRootManifest().workspaces.flatMap((pattern) =>
    [...new Glob(`${pattern}/package.json`).scanSync({ cwd: root })].map((path) =>
      path.slice(0, -"/package.json".length),
    ),
  )
  return folders.toSorted().map((folder) => ({
    folder,
    manifest: readJson<Manifest>(`${folder}/package.json`),
    references: existsSync(join(root, folder, "tsconfig.json")) ? readReferences(folder) : [],
  }))
}

/** What others build on. Benches, scripts, examples and journeys are programs that nobody imports. */
export function isProduct({ folder }: Workspace): boolean {
  return /^(?:packages|platform|sdk|apps)\//.test(folder)
}

function readReferences(folder: string): string[] {
  const { references = [] } = readJson<{ references?: { path: string }[] }>(`${folder}/tsconfig.json`)
  return references.map(({ path }) => join(folder, path))
}

/** The TypeScript of a workspace, without what is built, installed or vendored. */
export function readSources({ folder }: Pick<Workspace, "folder">): readonly SourceFile[] {
  return [...new Glob(`${folder}/**/*.{ts,tsx}`).scanSync({ cwd: root })]
    .filter((path) => !/(?:^|\/)(?:node_modules|dist|vendor)\//.test(path))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))
}

/** Tests, and what only tests use: fakes and harnesses in `testing/` folders and `testing-*.ts` files. */
export function isTest({ path }: SourceFile): boolean {
  return /\.test(?:-d)?\.tsx?$|\/test\/|\/testing[/.-]/.test(path)
}

/** Whether a file is part of what the workspace ships. */
export function isSource(file: SourceFile): boolean {
  return file.path.includes("/src/") && !isTest(file)
}
