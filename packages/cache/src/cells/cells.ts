import type { MaybePromise } from "../store.ts"

/** What becomes of a cell: an answer, and the state that it has from now on; without one it stays as it is. */
export interface Decision<S, R> {
  readonly answer: R
  readonly next?: { readonly state: S; readonly keepMs: number }
}

/**
 * Decides by the state and the time alone, for it may run again when a transaction has to. It may change the state that it is
 * given, as long as that means the same. `nowMs` is the time of whatever keeps the cells.
 */
export type Decide<S, R> = (state: S | undefined, nowMs: number) => Decision<S, R>

/** Small states by name, each changed by one caller at a time, whoever and wherever they are. */
export interface Cells<S> {
  change<R>(name: string, decide: Decide<S, R>): MaybePromise<R>
  close(): Promise<void>
}
