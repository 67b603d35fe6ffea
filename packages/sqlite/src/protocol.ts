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
  | { readonly type: "group"; readonly path: string; readonly ops: readonly unknown[] }
  | { readonly type: "close"; readonly path: string }

/** Requests and replies are matched by number. */
export interface RequestEnvelope {
  readonly id: number
  readonly request: WriterRequest
}

export type ReplyEnvelope =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ErrorWire }

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
 * of parameters, the parameters. `call`: tag, procedure, arguments, whether it makes room.
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
    into.push(opTag.call, op.procedure, op.args, op.makesRoom)
    return
  }
  into.push(opTag.statements, op.statements.length)
  for (const { sql, params, expectChanges } of op.statements) {
    const count = params?.length ?? 0
    into.push(sql, expectChanges ?? -1, count)
    for (let index = 0; index < count; index++) into.push(params?.[index])
  }
}
