import { call } from "./host.ts"

const MAX_DEPTH = 4
type Level = "debug" | "info" | "warn" | "error"

/** Writes a line to the function's log. */
export function log(level: Level, message: unknown, fields: unknown = {}): void {
  call("log", JSON.stringify({ level, message: `${message}`, fields: plain(fields) }))
}

/** An error as a line: its stack when it has one. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return `Thrown: ${inspect(error, 0)}`
  const code = (error as { code?: unknown }).code
  return `${typeof code === "string" ? `[${code}] ` : ""}${error.name}: ${error.message}\n${error.stack ?? ""}`.trim()
}

type Print = (...values: unknown[]) => void

const print =
  (level: Level): Print =>
  (...values) =>
    log(level, values.map((value) => (typeof value === "string" ? value : inspect(value, 0))).join(" "))

export const console: Readonly<Record<"log" | "info" | "dir" | "debug" | "trace" | "warn" | "error", Print>> = {
  log: print("info"),
  info: print("info"),
  dir: print("info"),
  debug: print("debug"),
  trace: print("debug"),
  warn: print("warn"),
  error: print("error"),
}

function plain(fields: unknown): unknown {
  return typeof fields === "object" && fields !== null ? fields : {}
}

function inspect(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value)
  if (typeof value === "bigint") return `${value}n`
  if (typeof value === "function") return `[Function: ${value.name || "anonymous"}]`
  if (typeof value !== "object" || value === null) return String(value)
  if (value instanceof Error) return textOf(value)
  if (value instanceof Date) return value.toISOString()
  if (depth >= MAX_DEPTH) return Array.isArray(value) ? "[Array]" : "[Object]"
  if (value instanceof Map || value instanceof Set)
    return `${value.constructor.name}(${value.size}) ${inspect([...value], depth + 1)}`
  if (Array.isArray(value)) return `[ ${value.map((item) => inspect(item, depth + 1)).join(", ")} ]`
  const entries = Object.entries(value).map(([key, item]) => `${key}: ${inspect(item, depth + 1)}`)
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`
}
