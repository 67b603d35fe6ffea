/** One place of a stack. */
export interface StackPlace {
  /** A path of the file system. */
  readonly file: string
  readonly line: number
  readonly column: number
}

const PLACE = /\(?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/

/**
 * The lines of an error's stack without its message: a message may hold anything, such as lines that look like places and
 * name files that nobody should see.
 */
export function stackLines(error: Error): readonly string[] {
  const { stack = "", message } = error
  const end = message === "" ? -1 : stack.indexOf(message)
  const rest = end === -1 ? stack : stack.slice(end + message.length)
  return rest
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at "))
}

/** Where the fault is most likely: the first place in code that is neither the runtime's nor a package's. */
export function firstOwnPlace(lines: readonly string[]): StackPlace | undefined {
  const places = lines.flatMap((line) => placeIn(line) ?? [])
  return places.find(({ file }) => !isForeign(file)) ?? undefined
}

function placeIn(line: string): StackPlace | undefined {
  const match = PLACE.exec(line)
  if (match === null) return undefined
  const file = match[1]!.startsWith("file://") ? decodeURIComponent(match[1]!.slice("file://".length)) : match[1]!
  return { file, line: Number(match[2]), column: Number(match[3]) }
}

/** This package's own folder; its tests are somebody's program. */
const OWN = decodeURIComponent(new URL("..", import.meta.url).pathname)

function isForeign(file: string): boolean {
  return /[\\/]node_modules[\\/]/.test(file) || (file.startsWith(OWN) && !file.endsWith(".test.ts"))
}
