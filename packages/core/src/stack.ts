/** A place in code. */
export interface StackPlace {
  /** A path of the file system. */
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One call on a stack. */
export interface StackFrame extends StackPlace {
  /** The function's name; empty at the top of a module. */
  readonly call: string
}

const FRAME = /^\s*at (?:(?:async )?(.*?) \((.+):(\d+):(\d+)\)|(?:async )?(.+):(\d+):(\d+))$/

/** The calls of a stack, line by line, that are in files; the innermost first. Reads no further than it is asked. */
export function* stackFrames(lines: Iterable<string>): Generator<StackFrame> {
  for (const line of lines) {
    const match = FRAME.exec(line)
    if (match === null) continue
    const [, call = "", place = match[5]!, row = match[6], column = match[7]] = match
    const file = toFile(place)
    if (!/^(?:\/|[A-Za-z]:[\\/])/.test(file)) continue
    yield { call: call === "<anonymous>" ? "" : call, file, line: Number(row), column: Number(column) }
  }
}

/** A module's name as a path, without the query that tells its versions apart. What is no path stays as it is. */
export function toFile(specifier: string): string {
  const plain = specifier.replace(/\?.*$/s, "")
  if (!plain.startsWith("file://")) return plain
  return decodeURIComponent(plain.slice("file://".length)).replace(/^\/(?=[A-Za-z]:)/, "")
}

/** The folder that a module is in, with its last slash. @param url The module's `import.meta.url`. */
export function folderOf(url: string): string {
  return toFile(url).replace(/[^\\/]*$/, "")
}

/**
 * The first call on the stack that is in somebody else's file: where a developer called a library. Undefined: the stack does
 * not tell. Takes 2 to 7 µs.
 * @param isOwn Whether a file is the library's.
 */
export function callerOutside(isOwn: (file: string) => boolean): StackFrame | undefined {
  const holder: { stack?: string } = {}
  Error.captureStackTrace?.(holder, callerOutside)
  for (const frame of stackFrames(holder.stack?.split("\n") ?? [])) if (!isOwn(frame.file)) return frame
  return undefined
}
