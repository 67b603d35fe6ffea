import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { root, type SourceFile } from "./workspaces.ts"

const MAX_LINES = 400
/** A suite may list its rows at length. */
const MAX_TEST_LINES = 600

/** Longer files, each with why it is one. */
const LONG_FILES: Readonly<Record<string, string>> = {
  "sdk/js/src/wire-types.ts": "written by scripts/src/wire-types.ts: a type for each schema of the API",
}

/** Code that must throw the language's own errors, by the start of its path. */
const FOREIGN_CODE: Readonly<Record<string, string>> = {
  "platform/functions/src/runtimes/quickjs/prelude/":
    "web-standard globals inside the sandbox: their errors are TypeError and RangeError",
  "platform/functions/src/runtimes/bun/": "runs inside the sandbox, where fetch rejects with TypeError",
}

const FORBIDDEN_NAMES = /(?:^|-)(?:utils?|helpers?|misc|common|manager|impl)(?:-|$)/

const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
/** As `ashlar migrate make` names them: a time, and words. */
const MIGRATION_NAME = /^\d{14}(?:_[a-z0-9]+)+$/

/** Files are short, named in kebab-case, and after what is in them. */
export function checkFile({ path, text }: SourceFile): string[] {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\..*$/, "")
  const lines = countLines(text)
  return [
    ...(lines > maxLines(path) && !(path in LONG_FILES)
      ? [`${path}: has ${lines} lines, at most ${maxLines(path)}. Move a noun of its own into its own file.`]
      : []),
    ...((/\/migrations\/\d+_/.test(path) ? MIGRATION_NAME : KEBAB_CASE).test(name)
      ? []
      : [`${path}: is not named in kebab-case. Rename it.`]),
    ...(FORBIDDEN_NAMES.test(name) ? [`${path}: its name says nothing. Name it after its main export.`] : []),
  ]
}

/** An exception that nothing needs any more would excuse the next one. */
export function checkExceptions(files: readonly SourceFile[]): string[] {
  const long = new Set(files.filter(({ path, text }) => countLines(text) > maxLines(path)).map(({ path }) => path))
  const isForeign = (start: string) => files.some(({ path, text }) => path.startsWith(start) && BARE_ERROR.test(text))
  return [
    ...Object.keys(LONG_FILES).filter((path) => !long.has(path)),
    ...Object.keys(FOREIGN_CODE).filter((start) => !isForeign(start)),
  ].map((path) => `${path}: is an exception without need. Take it out of scripts/src/rules/sources.ts.`)
}

function maxLines(path: string): number {
  return /\.test\.tsx?$/.test(path) ? MAX_TEST_LINES : MAX_LINES
}

function countLines(text: string): number {
  return text.split("\n").length - 1
}

/** A package's entry lists its exports one by one. */
export function checkEntry({ path, text }: SourceFile): string[] {
  const rest = text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/export (?:type )?\{[^}]*\} from "[^"]+";?/g, "")
    .trim()
  if (rest === "") return []
  const line = rest.split("\n")[0]!.trim()
  return [
    `${path}: holds \`${line}\`. An entry holds only \`export { name } from "./file.ts"\`: move the rest into a file.`,
  ]
}

const BARE_ERROR = /\bnew (?:Eval|Range|Reference|Syntax|Type|URI)?Error\(/

/** What is thrown has a code. */
export function checkErrors({ path, text }: SourceFile): string[] {
  if (Object.keys(FOREIGN_CODE).some((start) => path.startsWith(start))) return []
  return codeLines(text)
    .filter(({ line }) => BARE_ERROR.test(line))
    .map(
      ({ number }) =>
        `${path}:${number}: makes a bare Error. Define one with defineError in the package's src/errors.ts and throw that.`,
    )
}

/** Kinds of error are defined where the catalogue finds them. */
export function checkDefinitions({ path, text }: SourceFile): string[] {
  if (path.endsWith("/src/errors.ts")) return []
  return codeLines(text)
    .filter(({ line }) => /\bdefineError\(/.test(line))
    .map(
      ({ number }) =>
        `${path}:${number}: defines an error. Move it into the package's src/errors.ts, where the catalogue finds it.`,
    )
}

/** What the compiler emitted for a file; undefined before it has. */
export function emittedOf({ path }: SourceFile, folder: string): string | undefined {
  const emitted = join(root, folder, "dist", path.slice(folder.length + 1).replace(/\.tsx?$/, ".d.ts"))
  return existsSync(emitted) ? readFileSync(emitted, "utf8") : undefined
}

/** No exported signature is `any`, as the compiler emitted it: in the source a name or a comment may say the word. */
export function checkAny(file: SourceFile, folder: string): string[] {
  const emitted = emittedOf(file, folder)
  return emitted !== undefined && hasAny(emitted)
    ? [`${file.path}: an exported signature says \`any\`. Say the type, or \`unknown\` where there is none.`]
    : []
}

export function hasAny(text: string): boolean {
  const code = text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\/\/.*$/gm, "")
    .replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""')
  return /(?:[:<|&,(=[]|=>|\bextends|\bas|\bis)\s*any\b(?!\s*[:?(.]|\w)/.test(code)
}

function codeLines(text: string): { line: string; number: number }[] {
  return text
    .split("\n")
    .map((line, at) => ({ line, number: at + 1 }))
    .filter(({ line }) => !/^\s*(?:\*|\/\/|\/\*)/.test(line))
}
