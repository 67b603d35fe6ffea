import { type Clock, systemClock } from "@ashlar/core"
import { MemoryCells } from "../cells/memory-cells.ts"
import type { LimitState } from "./algorithms.ts"
import { CellLimits, type LimitStore } from "./limit-store.ts"

export interface MemoryLimitsOptions {
  /** Of more keys the one that was first used first is forgotten. Default 1,000,000. */
  readonly maxKeys?: number
  /** For tests. Default: the machine's. */
  readonly clock?: Clock
}

/**
 * What `memory:` keeps rate limits in, for who brings a clock.
 *
 * @example
 * const limits = openRateLimits(memoryLimits({ maxKeys: 10_000, clock }))
 */
export function memoryLimits({ maxKeys = 1_000_000, clock = systemClock }: MemoryLimitsOptions = {}): LimitStore {
  return new CellLimits(new MemoryCells<LimitState>(maxKeys, clock))
}
