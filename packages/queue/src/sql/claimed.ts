import type { ClaimedJob } from "../store.ts"
import { type Extra, readExtra } from "./extra.ts"

export interface ClaimRow {
  readonly seq: number
  readonly id: string
  readonly prio: number
  readonly turn: number
  readonly attempt: number
  readonly attempts: number
  readonly grp: string | null
  readonly grp_limit: number | null
  readonly batch: string | null
  readonly input: string
  readonly extra: string | null
  readonly created: number
}

/** A claimed job, with what the store needs to end it. */
export interface SqlClaim extends ClaimedJob {
  readonly seq: number
  readonly lane: number
  readonly lease: number
  readonly groupLimit: number | null
  readonly more: Extra
}

export function toClaim(row: ClaimRow, name: string, lane: number, lease: number): SqlClaim {
  const { grp, batch } = row
  const more = readExtra(row.extra)
  return {
    id: row.id,
    name,
    input: row.input,
    attempt: row.attempt,
    attempts: row.attempts,
    createdMs: row.created,
    seq: row.seq,
    lane,
    lease,
    groupLimit: row.grp_limit,
    more,
    ...(grp !== null && { group: grp }),
    ...(batch !== null && { batch }),
    ...(more.m !== undefined && { meta: more.m }),
    ...(more.c !== undefined && { continues: more.c }),
  }
}

/** Whether its end is only that its row goes. */
export function isPlainEnd({ batch, groupLimit, more }: SqlClaim): boolean {
  return batch === undefined && groupLimit === null && more.kc === undefined && more.u === undefined
}
