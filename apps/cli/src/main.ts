#!/usr/bin/env bun
import { isRequestError } from "@ashlar/sdk"
import { CommanderError } from "commander"
import type { Cli } from "./cli.ts"
import { type ExitCode, type Failure, toFailure } from "./failure.ts"
import type { Io } from "./io.ts"
import { createProgram } from "./program.ts"
import { openTerminal } from "./terminal.ts"
import { printable } from "./text.ts"

/**
 * Runs the command line.
 *
 * With `--json` exactly one JSON value goes to standard output: the result, or `{ "error": { code, message, ... } }`.
 *
 * @param argv The arguments after the command's own name.
 * @param io Default: the terminal of this process.
 * @returns The exit code: 0 done, 1 the server refused, 2 wrong usage, 3 cannot connect, 130 interrupted.
 */
export async function main(argv: readonly string[], io: Io = openTerminal()): Promise<ExitCode> {
  const json = argv.includes("--json")
  let help = ""
  let exitCode: ExitCode = 0
  let cli: Cli | undefined
  const program = createProgram(io, {
    out: (text) => {
      help += text
    },
    begin: (started) => {
      cli = started
    },
    exit: (code) => {
      exitCode = code
    },
  })
  try {
    await program.parseAsync(argv.length === 0 ? ["--help"] : argv, { from: "user" })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      const value = error.code === "commander.version" ? { version: help.trim() } : { help: help.trim() }
      io.stdout(json ? `${JSON.stringify(value)}\n` : help)
      return 0
    }
    // A request that Ctrl-C broke off looks like a lost connection.
    const isBrokenOff = io.signal.aborted && isRequestError(error) && error.status === 0
    const failure = toFailure(isBrokenOff ? io.signal.reason : error, cli?.url)
    report(failure, json, io)
    if (failure.code === "INTERNAL" && io.env.ASHLAR_DEBUG && error instanceof Error) io.stderr(`${error.stack}\n`)
    return failure.exitCode
  }
}

function report(failure: Failure, json: boolean, io: Io): void {
  const { exitCode, hint, ...error } = failure
  if (json) io.stdout(`${JSON.stringify({ error: hint === undefined ? error : { ...error, hint } })}\n`)
  const fields = (error.errors ?? []).map((field) => `  ${field.in} ${field.pointer}: ${field.message}`)
  const request = error.requestId === undefined ? [] : [`  request ${error.requestId}`]
  const lines = [
    `✗ ${error.code}: ${error.message}`,
    ...fields,
    ...(hint === undefined ? [] : [`  ${hint}`]),
    ...request,
  ]
  io.stderr(`${lines.map(printable).join("\n")}\n`)
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
