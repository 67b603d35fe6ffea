import { dirname, join } from "node:path"
import { migrateExpressFile } from "./express-file.ts"
import { migrateFastifyFile } from "./fastify-file.ts"
import type { Migration } from "./file-editor.ts"
import { migrateHonoFile, mountedFiles } from "./hono-file.ts"
import type { Node } from "./syntax.ts"

/** What apps can be moved from. */
export const FRAMEWORKS = ["express", "fastify", "hono"] as const
export type FrameworkName = (typeof FRAMEWORKS)[number]

/** A file and its text. */
export interface SourceFile {
  readonly file: string
  readonly text: string
}

export interface MigratedFile extends Migration {
  readonly file: string
  readonly before: string
}

/** What a file has that is to be looked at. */
const LOOKS: Readonly<Record<FrameworkName, RegExp>> = {
  express: /\bexpress\b|\breq\b[\s\S]*\bres\b/,
  fastify: /\bfastify\b|\b(?:req|request)\b[\s\S]*\b(?:reply|res)\b/i,
  hono: /\bhono\b|\(c\b/i,
}

/** Migrates the files of an app. Where one mounts another, that one is changed accordingly. */
export function migrateFiles(
  framework: FrameworkName,
  sources: readonly SourceFile[],
  parse: (name: string, text: string) => Node,
): readonly MigratedFile[] {
  const parsed = sources
    .filter(({ text }) => LOOKS[framework].test(text))
    .map(({ file, text }) => ({ file, text, program: parse(file, text) }))
  const mounted = new Set(
    framework === "hono"
      ? parsed.flatMap(({ file, program }) => mountedFiles(program).map((from) => bare(join(dirname(file), from))))
      : [],
  )
  return parsed.map(({ file, text, program }) => {
    const isTyped = /ts$/.test(file)
    const isMounted = mounted.has(bare(file))
    const migration =
      framework === "hono"
        ? migrateHonoFile(program, { text, isTyped, isMounted })
        : (framework === "express" ? migrateExpressFile : migrateFastifyFile)(program, text, isTyped)
    return { file, before: text, ...migration }
  })
}

/** A path as imports may name it: without its ending, nor `index`. */
function bare(path: string): string {
  return path
    .replaceAll("\\", "/")
    .replace(/\.[cm]?[jt]sx?$/, "")
    .replace(/\/index$/, "")
}
