import type { NewJob, UniqueRule } from "../store.ts"

/** Which job has which key. */
export class UniqueKeys {
  readonly #holders: Map<string, { readonly id: string; readonly untilMs: number }> = new Map()

  /** Takes a key for a job. @returns who has it instead. */
  claim({ key, until }: UniqueRule, id: string, nowMs: number): string | undefined {
    const holder = this.#holders.get(key)
    if (holder !== undefined && holder.untilMs > nowMs) return holder.id
    this.#holders.set(key, { id, untilMs: typeof until === "number" ? nowMs + until : Number.POSITIVE_INFINITY })
    return undefined
  }

  /** The job needs its key no more; others may have it since. */
  free({ id, unique }: NewJob): void {
    if (unique !== undefined && this.#holders.get(unique.key)?.id === id) this.#holders.delete(unique.key)
  }

  sweep(nowMs: number): void {
    for (const [key, { untilMs }] of this.#holders) if (untilMs <= nowMs) this.#holders.delete(key)
  }
}
