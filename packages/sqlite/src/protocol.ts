import type { FileSchema, SqlValue } from "./definition.ts"
import type { ErrorWire, Fault } from "./faults.ts"

/*
 * What crosses between the calling thread and a writer Worker. A group is one flat array of primitives: objects cost
 * several times as much to clone, and every write pays for it.
 */

/** How a file runs. NORMAL exists so that the durability tests can prove that they notice lost writes. */
export type Synchronous = "FULL" | "NORMAL"

export type WriterRequest =
  | {
      readonly type: "open"
      readonly path: string
      readonly schema: FileSchema
      readonly synchronous: Synchronous
      /** Where the spare megabyte of this disk lies. */
      readonly ballastPath: string
      /** Create the file when it is not there. False on reopening: a file that vanished is an error. */
      readonly create: boolean
      /** After a failed read, write or fsync: prove that the disk takes writes again. */
      readonly recover: boolean
    }
  | { readonly type: "close"; readonly path: string }

/**
 * Requests and replies are matched by number. A group travels as its flat array alone, with path and number at the end:
 * an object around it would make the clone twice as dear.
 */
export type RequestEnvelope = { readonly id: number; readonly request: WriterRequest } | unknown[]

/** The reply to a group of which all was kept: its results, then commitMs, full and number. */
export type ReplyEnvelope =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ErrorWire }
  | unknown[]

/** What became of a group. Sent only after COMMIT returned. */
export interface GroupReply {
  /** The results of the operations in order, flat: see {@link OpResultTag}. Empty when the group failed as a whole. */
  readonly results: readonly unknown[]
  /** Why nothing of the group was kept, if so. */
  readonly failure: ErrorWire | undefined
  readonly fault: Fault
  /** True while only operations that make room are taken. */
  readonly full: boolean
  /** From BEGIN to the return of COMMIT. */
  readonly commitMs: number
}

/**
 * Operations in a group. `statements`: tag, count, then per statement its SQL, its expected changes (-1: any), the number
 * of parameters, the parameters. `call`: tag, procedure, whether it makes room, the number of arguments, the arguments: a flat
 * array of them lies in the group's own; anything else is one value, and its number is -1.
 */
export const opTag = { statements: 0, call: 1 } as const

/** Results. `rows`: tag, then per statement changes, row id, rows or 0. `value`: tag, value. `error`: tag, error. */
export const resultTag = { rows: 0, value: 1, error: 2 } as const

/** An operation that waits in a lane. */
export type Op =
  | {
      readonly type: "statements"
      readonly statements: readonly { sql: string; params?: readonly SqlValue[]; expectChanges?: number }[]
    }
  | { readonly type: "call"; readonly procedure: string; readonly args: unknown; readonly makesRoom: boolean }

/** Appends an operation to a group's flat array. */
export function encodeOp(op: Op, into: unknown[]): void {
  if (op.type === "call") {
    const { args } = op
    if (!isFlat(args)) {
      into.push(opTag.call, op.procedure, op.makesRoom, -1, args)
      return
    }
    into.push(opTag.call, op.procedure, op.makesRoom, args.length)
    for (let index = 0; index < args.length; index++) into.push(args[index])
    return
  }
  into.push(opTag.statements, op.statements.length)
  for (const { sql, params, expectChanges } of op.statements) {
    const count = params?.length ?? 0
    into.push(sql, expectChanges ?? -1, count)
    for (let index = 0; index < count; index++) into.push(params?.[index])
  }
}

function isFlat(args: unknown): args is readonly unknown[] {
  if (!Array.isArray(args)) return false
  for (let index = 0; index < args.length; index++) {
    const item: unknown = args[index]
    if (typeof item === "object" && item !== null) return false
  }
  return true
}

/** Where the operation after this one starts. */
export function endOfOp(items: readonly unknown[], start: number): number {
  if (items[start] === opTag.call) return start + 4 + Math.abs(items[start + 3] as number)
  let at = start + 2
  for (let left = items[start + 1] as number; left > 0; left--) at += 3 + (items[at + 2] as number)
  return at
}
