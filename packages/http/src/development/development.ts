import { AshlarError } from "@ashlar/core"
import type { RequestContext } from "../context/request-context.ts"
import { Failure } from "../failure.ts"
import type { Debug, Problem } from "../problem.ts"
import type { RouteTable } from "../table.ts"
import { codeFrame } from "./code-frame.ts"
import { hintFor } from "./hints.ts"
import { firstOwnPlace, stackLines } from "./stack.ts"

/** What is told of errors besides, while a program is being written. */
export interface Development {
  /** The problem with a hint, and for a defect with its message, its stack and the source around it. */
  explain(problem: Problem, error: unknown, ctx: RequestContext): Problem
}

/**
 * @param isExplicit Whether the developer asked for it. Otherwise only callers on this machine are told: a server that
 * is reached from elsewhere while it is developed must not show its source to the world.
 */
export function createDevelopment(table: RouteTable, isExplicit: boolean): Development {
  return {
    explain(problem, error, ctx) {
      if (!isExplicit && !isLocal(ctx)) return problem
      const hint = hintFor(problem, ctx, table.records)
      const debug = problem.status >= 500 && !isExpected(error) ? debugOf(error) : undefined
      return { ...problem, ...(hint !== undefined && { hint }), ...(debug !== undefined && { debug }) }
    },
  }
}

/** An error as a value has no stack of its own, and was meant to be told. */
function isExpected(error: unknown): boolean {
  return error instanceof Failure
}

/** A caller on this machine, and no proxy that speaks for somebody else. */
function isLocal({ peerAddress, headers }: RequestContext): boolean {
  if (headers.has("forwarded") || headers.has("x-forwarded-for") || headers.has("via")) return false
  if (peerAddress !== undefined) return /^(?:::ffff:)?127\.|^::1$/.test(peerAddress)
  // `app.fetch` in a test knows no peer, and neither does many a platform.
  const mode = globalThis.process?.env?.NODE_ENV
  return mode === "test" || mode === "development"
}

const MAX_CAUSES = 5
const MAX_STACK_LINES = 40
const MAX_TEXT = 2000

function debugOf(error: unknown): Debug {
  if (!(error instanceof Error)) return { error: `Thrown, and no Error: ${brief(describe(error))}`, stack: [] }
  const causes: string[] = []
  let origin: Error = error
  for (let cause = error.cause; cause !== undefined && causes.length < MAX_CAUSES; cause = (cause as Error).cause) {
    causes.push(nameOf(cause))
    if (!(cause instanceof Error)) break
    origin = cause
  }
  const stack = stackLines(error)
  const place = firstOwnPlace(stackLines(origin)) ?? firstOwnPlace(stack)
  const frame = place && codeFrame(place)
  return {
    error: nameOf(error),
    ...(causes.length > 0 && { causes }),
    stack: stack.slice(0, MAX_STACK_LINES),
    ...(frame !== undefined && { frame }),
  }
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return brief(describe(error))
  return brief(`${error instanceof AshlarError ? error.code : error.name}: ${error.message}`)
}

function describe(value: unknown): string {
  try {
    return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value)
  } catch {
    return "something that has no text"
  }
}

function brief(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`
}
