import { UpgradeInvalid } from "../errors.ts"

/** What one connection of a route may use. */
export interface WebSocketLimits {
  /**
   * The largest message that is taken, in bytes, all its fragments together; a larger one closes the connection with
   * 1009. 1 to 1 GiB, default 1 MiB. Deno's own server reads up to 64 MiB before it is refused.
   */
  readonly maxMessageBytes: number
  /** What may wait for a receiver who does not keep up, in bytes. 1 KiB to 1 GiB, default 1 MiB. */
  readonly maxBufferedBytes: number
  /**
   * A peer who is silent for so long is sent a ping; one who does not answer it is gone. 8 to 960, default 120. Bun has
   * one limit for all routes of a server: the smallest.
   */
  readonly idleTimeoutSeconds: number
}

const MiB = 1024 * 1024
const BOUNDS: { readonly [K in keyof WebSocketLimits]: { readonly min: number; readonly max: number; value: number } } =
  {
    maxMessageBytes: { min: 1, max: 1024 * MiB, value: MiB },
    maxBufferedBytes: { min: 1024, max: 1024 * MiB, value: MiB },
    idleTimeoutSeconds: { min: 8, max: 960, value: 120 },
  }

/**
 * A route's limits, with the defaults.
 * @throws {HTTP_UPGRADE_INVALID} when one is out of its bounds; `where` names the route.
 */
export function webSocketLimits(given: Partial<WebSocketLimits>, where: string): WebSocketLimits {
  const limits = { ...given } as Record<string, number>
  for (const [name, { min, max, value }] of Object.entries(BOUNDS)) {
    limits[name] ??= value
    const got = limits[name]
    if (Number.isInteger(got) && got >= min && got <= max) continue
    throw new UpgradeInvalid(`Expected \`${name}\` of ${where} to be a whole number from ${min} to ${max}, got ${got}`)
  }
  return limits as unknown as WebSocketLimits
}

/** The limits that suit all of these: the largest sizes, the shortest silence. Undefined: there are none. */
export function widestLimits(all: readonly WebSocketLimits[]): WebSocketLimits | undefined {
  if (all.length === 0) return undefined
  return {
    maxMessageBytes: Math.max(...all.map((one) => one.maxMessageBytes)),
    maxBufferedBytes: Math.max(...all.map((one) => one.maxBufferedBytes)),
    idleTimeoutSeconds: Math.min(...all.map((one) => one.idleTimeoutSeconds)),
  }
}
