import { readFile as readBytes } from "node:fs/promises"
import { resolve } from "node:path"
import type { JsonObject } from "@ashlar/sdk"
import { InputInvalid } from "./errors.ts"
import type { Io } from "./io.ts"

/** The largest file that is read at once. */
const MAX_FILE_BYTES = 512 * 1024 * 1024

/**
 * Reads an argument that holds JSON: the text itself, `@file`, or `-` for standard input.
 *
 * @param what What it is, for the message.
 * @throws {CLI_INPUT_INVALID} When it cannot be read, or is no JSON.
 */
export async function readJson(io: Io, argument: string, what: string): Promise<unknown> {
  const text =
    argument === "-" ? await io.stdin() : argument.startsWith("@") ? await readText(io, argument.slice(1)) : argument
  return parseJson(text, what)
}

/** @throws {CLI_INPUT_INVALID} When the JSON is no object. */
export async function readJsonObject(io: Io, argument: string, what: string): Promise<JsonObject> {
  const value = await readJson(io, argument, what)
  if (!isObject(value)) throw new InputInvalid(`Expected ${what} to be a JSON object, got ${kindOf(value)}.`)
  return value
}

/** Reads a file of JSON. @throws {CLI_INPUT_INVALID} When it cannot be read, is too large, or is no JSON. */
export async function readJsonFile(io: Io, path: string): Promise<unknown> {
  return parseJson(await readText(io, path), path)
}

async function readText(io: Io, path: string): Promise<string> {
  return new TextDecoder().decode(await readFile(io, path))
}

/** Reads a whole file. @throws {CLI_INPUT_INVALID} When it cannot be read, or is too large. */
export async function readFile(io: Io, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = resolve(io.cwd, path)
  const { size } = Bun.file(file)
  if (size > MAX_FILE_BYTES)
    throw new InputInvalid(`${path} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB. Split it.`)
  try {
    return new Uint8Array(await readBytes(file))
  } catch (cause) {
    throw new InputInvalid(`Cannot read ${path}: ${(cause as Error).message}.`, { cause })
  }
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InputInvalid(`Expected ${what} to be JSON: ${(cause as Error).message}.`, { cause })
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** `an array`, `null`, `a string`: what a value is, for a message. */
export function kindOf(value: unknown): string {
  if (value === null) return "null"
  if (Array.isArray(value)) return "an array"
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}
