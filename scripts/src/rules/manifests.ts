import { isTest, type Manifest, type SourceFile, type Workspace } from "./workspaces.ts"

const EXACT = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/

/** Every manifest says what it is, under which licence, and which versions exactly. */
export function checkManifest(path: string, manifest: Manifest): string[] {
  const { description, license, dependencies, devDependencies, optionalDependencies } = manifest
  const versions = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
  return [
    ...(description ? [] : [`${path}: has no description. Say in one sentence what the package is for.`]),
    ...(license === "MIT" ? [] : [`${path}: license is ${license ?? "missing"}. Write "license": "MIT".`]),
    ...versions
      .filter(([name, version]) => version !== (name.startsWith("@ashlar/") ? "workspace:*" : EXACT.exec(version)?.[0]))
      .map(([name, version]) => {
        const right = name.startsWith("@ashlar/") ? '"workspace:*"' : "one exact version"
        return `${path}: ${name} is "${version}". Write ${right}.`
      }),
  ]
}

/** At the start of a line, so that neither a comment's example nor a word in a text counts. */
const STATIC_IMPORT = /^(?:import\s*|(?:import|export)\b[^"'`;]*?\bfrom\s*)["'](@ashlar\/[a-z0-9-]+)/gm
const DYNAMIC_IMPORT = /\bimport\(\s*["'](@ashlar\/[a-z0-9-]+)/g

export function importsOf({ text }: SourceFile): readonly string[] {
  const found = [...text.matchAll(STATIC_IMPORT), ...text.matchAll(DYNAMIC_IMPORT)].map((match) => match[1]!)
  return [...new Set(found)]
}

/** What a workspace imports is in its manifest, and what it is built after is in its tsconfig.json. */
export function checkImports(workspace: Workspace, files: readonly SourceFile[], all: readonly Workspace[]): string[] {
  const { folder, manifest, references } = workspace
  const shipped = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies }
  const listed = { ...shipped, ...manifest.devDependencies }
  return files.flatMap((file) =>
    importsOf(file).flatMap((name) => {
      if (name === manifest.name) return []
      const target = all.find((other) => other.manifest.name === name)
      if (!target) return [`${file.path}: imports ${name}, which is no workspace. Correct the name.`]
      const field = isTest(file) ? "devDependencies" : "dependencies"
      const isListed = isTest(file) ? name in listed : name in shipped
      return [
        ...(isListed
          ? []
          : [`${file.path}: imports ${name}. Add "${name}": "workspace:*" to ${field} of ${folder}/package.json.`]),
        ...(references.includes(target.folder)
          ? []
          : [`${file.path}: imports ${name}. Add ${target.folder} to references in ${folder}/tsconfig.json.`]),
      ]
    }),
  )
}
