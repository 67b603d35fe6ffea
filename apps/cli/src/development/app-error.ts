import type pico from "picocolors"
import { printable } from "../text.ts"

/** An error of the app, as the process that runs it tells it. */
export interface AppError {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly frame?: {
    readonly file: string
    readonly line: number
    readonly column: number
    readonly lines: readonly { readonly number: number; readonly text: string }[]
  }
  readonly stack: readonly string[]
  readonly cause?: AppError
}

type Colors = ReturnType<typeof pico.createColors>

/** The calls that are shown: those nearest to the cause. */
const MAX_CALLS = 4

/** An error with its place and the lines around it, for a terminal. */
export function describeAppError(error: AppError, colors: Colors): string {
  const { frame, stack, cause } = error
  const what = error.code ?? error.name
  const place = frame === undefined ? "" : `${colors.cyan(placeOf(frame))} `
  return [
    `${place}${colors.red(printable(what))}: ${printable(error.message)}`,
    ...(frame === undefined ? stack.slice(0, MAX_CALLS).map((call) => colors.dim(`  at ${printable(call)}`)) : []),
    ...(frame === undefined ? [] : [frameText(frame, colors)]),
    ...(cause === undefined ? [] : [`caused by ${describeAppError(cause, colors)}`]),
  ].join("\n")
}

function placeOf({ file, line, column }: NonNullable<AppError["frame"]>): string {
  return printable(`${file}:${line}${column > 0 ? `:${column}` : ""}`)
}

function frameText({ line, column, lines }: NonNullable<AppError["frame"]>, { dim, red }: Colors): string {
  const width = String(lines.at(-1)?.number ?? 0).length
  return lines
    .flatMap(({ number, text }) => {
      const isHere = number === line
      const gutter = `${String(number).padStart(width)} │`
      const shown = printable(text)
      const row = isHere ? `${red("❯")} ${gutter} ${shown}` : dim(`  ${gutter} ${shown}`)
      if (!isHere || column < 1) return [row]
      return [row, `${" ".repeat(width + 3)}${dim("│")} ${" ".repeat(column - 1)}${red("^")}`]
    })
    .join("\n")
}
