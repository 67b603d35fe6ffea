import { folderOf, type StackFrame, stackFrames } from "@ashlar/core/stack"
import { isWithin } from "../call-site.ts"

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
export function firstOwnPlace(lines: readonly string[]): StackFrame | undefined {
  for (const frame of stackFrames(lines)) if (!isForeign(frame.file)) return frame
  return undefined
}

/** This package's own folder. */
const OWN = folderOf(import.meta.url).replace(/[^\\/]+[\\/]$/, "")

function isForeign(file: string): boolean {
  return /[\\/]node_modules[\\/]/.test(file) || isWithin(file, [OWN])
}
