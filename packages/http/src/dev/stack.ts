import { fileURLToPath } from "node:url"

/** One call on a stack. */
export interface StackFrame {
  /** The function's name; empty at the top of a module. */
  readonly call: string
  readonly file: string
  readonly line: number
  readonly column: number
}

const FRAME = /^\s*at (?:(.*?) \()?(\S.*?):(\d+):(\d+)\)?$/

/** The calls of a stack, line by line, that are in files; the innermost first. */
export function parseStack(lines: readonly string[]): readonly StackFrame[] {
  return lines.flatMap((line) => {
    const [, call = "", place, row, column] = FRAME.exec(line) ?? []
    if (place === undefined) return []
    const file = toFile(place)
    if (!file.startsWith("/")) return []
    return [
      {
        call: call.replace(/^async /, "").replace(/^<anonymous>$/, ""),
        file,
        line: Number(row),
        column: Number(column),
      },
    ]
  })
}

/** A module's name as a path, without the query that tells its versions apart. */
export function toFile(specifier: string): string {
  const plain = specifier.replace(/\?.*$/s, "")
  return plain.startsWith("file://") ? fileURLToPath(plain) : plain
}
