import { readFileSync } from "node:fs"
import { AshlarError } from "@ashlar/core"
import { type StackFrame, type StackPlace, stackFrames, toFile } from "@ashlar/core/stack"
import { codeFrame } from "../development/code-frame.ts"
import { stackLines } from "../development/stack.ts"
import type { OwnCode } from "./own-code.ts"

/** The lines around a place in the developer's own code. */
export interface SourceFrame {
  /** As it is shown: from the package's folder. */
  readonly file: string
  readonly line: number
  /** From 1; 0 where it is not known. */
  readonly column: number
  readonly lines: readonly { readonly number: number; readonly text: string }[]
}

/** An error as development tools show it. */
export interface ErrorDescription {
  readonly name: string
  readonly message: string
  /** The stable code of an Ashlar error. */
  readonly code?: string
  /** The place in the developer's own code that is most likely to need a change. */
  readonly frame?: SourceFrame
  /** The calls that led there, `call (file:line:column)`, the innermost first. */
  readonly stack: readonly string[]
  readonly cause?: ErrorDescription
}

const MAX_FRAMES = 12
const MAX_CAUSES = 4
const MAX_MESSAGE_LENGTH = 4_000

/** Describes whatever was thrown. Reads the source file for the frame; never throws. */
export function describeError(thrown: unknown, own: OwnCode, depth = 0, isToldCause = false): ErrorDescription {
  const error = firstOf(thrown)
  if (typeof error !== "object" || error === null)
    return { name: "Thrown", message: clip(String(error), MAX_MESSAGE_LENGTH), stack: [] }
  const { name = "Error", message = "", code, cause } = error as Partial<Error> & { code?: unknown }
  const calls = error instanceof Error ? [...stackFrames(stackLines(error))] : []
  // An error with a code says what to do; where it was thrown within the framework says nothing more.
  const isTold = isToldCause || error instanceof AshlarError
  const frames = isTold && !calls.some(({ file }) => own.has(file)) ? [] : calls
  const frame = frameOf(error, frames, own)
  return {
    name: isBuildMessage(error) ? "SyntaxError" : String(name),
    message: clip(plainMessage(String(message), own), MAX_MESSAGE_LENGTH),
    ...(typeof code === "string" && /^[A-Z][A-Z0-9_]*$/.test(code) && { code }),
    ...(frame && { frame }),
    stack: frames.slice(0, MAX_FRAMES).map((one) => shownFrame(one, own)),
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: describeError(cause, own, depth + 1, isTold) }),
  }
}

/** Bun gathers the errors of one file; the first one is usually the reason of the others. */
function firstOf(thrown: unknown): unknown {
  return thrown instanceof AggregateError && thrown.errors.length > 0 ? thrown.errors[0] : thrown
}

/** What Bun throws for code that it cannot read. Its `position` is the place. */
interface BuildMessage {
  readonly position?: { readonly file: string; readonly line: number; readonly column: number } | null
}

function isBuildMessage(error: object): boolean {
  return (error as { constructor?: { name?: string } }).constructor?.name === "BuildMessage"
}

/** The first place that is known and that there is code at. */
function frameOf(error: object, frames: readonly StackFrame[], own: OwnCode): SourceFrame | undefined {
  for (const place of [exactPlace(error), ...frames, namedPlace(error), unresolvedPlace(error)]) {
    const found = place !== undefined && own.has(place.file) ? codeFrame(place) : undefined
    if (found === undefined || place === undefined) continue
    const lines = found.lines.map(({ number, text }) => ({ number, text: text.replaceAll("\t", " ") }))
    return { file: own.shown(place.file), line: place.line, column: place.column, lines }
  }
  return undefined
}

function exactPlace(error: object): StackPlace | undefined {
  const { position } = error as BuildMessage
  if (position?.file && position.line > 0)
    return { file: toFile(position.file), line: position.line, column: position.column }
  // Node puts the place of a syntax error before the message: `file:///app.ts:3`.
  const { stack } = error as Partial<Error>
  const head = error instanceof SyntaxError && /^(file:\/\/\S+?):(\d+)\n/.exec(String(stack))
  return head ? { file: toFile(head[1]!), line: Number(head[2]), column: 0 } : undefined
}

/** A boot error names the declaration in its message: `/app/src/routes.ts:12`. Any other message may hold anything. */
function namedPlace(error: object): StackPlace | undefined {
  if (!(error instanceof AshlarError) || error.status !== 500) return undefined
  const [, file, line] = /(\/[^\s:()?]+)(?:\?[^\s:()]*)?:(\d+)/.exec(error.message) ?? []
  return file === undefined ? undefined : { file, line: Number(line), column: 0 }
}

/** An import that leads nowhere: the line is found by a search for its text in the importer. */
function unresolvedPlace(error: object): StackPlace | undefined {
  const { message = "" } = error as Partial<Error>
  const found = /^(?:ResolveMessage: )?Cannot find (?:module|package) '([^']+)' imported from '?([^'\s]+)/.exec(message)
  if (found === null) return undefined
  const [specifier, file] = [found[1]!, toFile(found[2]!)]
  const name = specifier.slice(specifier.lastIndexOf("/") + 1)
  const at = readLines(file).findIndex((line) => /\b(?:import|from|require)\b/.test(line) && line.includes(name))
  return at === -1 ? undefined : { file, line: at + 1, column: 0 }
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split(/\r?\n/)
  } catch {
    return [] // it is gone by now
  }
}

function shownFrame({ call, file, line, column }: StackFrame, own: OwnCode): string {
  const place = `${own.shown(file)}:${line}:${column}`
  return call === "" ? place : `${call} (${place})`
}

/** Paths in a message as they are shown everywhere else. */
function plainMessage(message: string, own: OwnCode): string {
  return message
    .replace(/^(?:Build|Resolve)Message: /, "")
    .replace(/(?:file:\/\/)?(\/[^\s:()'"?]+)(?:\?ashlar=\d+)?/g, (text, file: string) =>
      own.has(file) ? own.shown(file) : text,
    )
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
