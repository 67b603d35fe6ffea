import type { StackPlace } from "@ashlar/core/stack"

/** Some lines of source around a place. */
export interface CodeFrame {
  /** `file:line:column` */
  readonly at: string
  readonly lines: readonly { readonly number: number; readonly text: string; readonly isHere: boolean }[]
}

const AROUND = 4
const MAX_FILE_BYTES = 1024 * 1024
const MAX_LINE_LENGTH = 200
const SOURCE = /\.[cm]?[jt]sx?$/

/** The source around a place, when it is a source file that can be read. */
export function codeFrame({ file, line, column }: StackPlace): CodeFrame | undefined {
  const text = SOURCE.test(file) ? read(file) : undefined
  const lines = text?.split("\n") ?? []
  if (line < 1 || line > lines.length) return undefined
  const first = Math.max(1, line - AROUND)
  return {
    at: `${file}:${line}:${column}`,
    lines: lines.slice(first - 1, line + AROUND).map((one, index) => ({
      number: first + index,
      text: one.replace(/\r$/, "").slice(0, MAX_LINE_LENGTH),
      isHere: first + index === line,
    })),
  }
}

function read(file: string): string | undefined {
  const fs = globalThis.process?.getBuiltinModule?.("node:fs")
  try {
    if (fs === undefined || fs.statSync(file).size > MAX_FILE_BYTES) return undefined
    return fs.readFileSync(file, "utf8")
  } catch {
    return undefined // it is only in a bundle, or may not be read
  }
}
