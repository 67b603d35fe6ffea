import type { Precondition } from "../../document.ts"

/** A precondition as it crosses. */
export type PreconditionArgs = readonly [ifRev: number | null, mustExist: boolean, mustNotExist: boolean]

export function toPreconditionArgs({ ifRev, mustExist, mustNotExist }: Precondition): PreconditionArgs {
  return [ifRev ?? null, mustExist ?? false, mustNotExist ?? false]
}
