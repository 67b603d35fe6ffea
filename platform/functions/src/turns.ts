import { CacheLockLost, CacheLockTimeout, type Locks } from "@ashlar/cache/locks"
import { ChangeBusy } from "./errors.ts"

/** A turn ends by itself this long after its holder died. */
const TTL = "30s"

/** Lets one change of a function happen at a time, on all nodes that share the locks. */
export interface Turns {
  /**
   * Does the work when it is its turn.
   *
   * @throws {FUNCTIONS_CHANGE_BUSY} when others had the turn for as long as it may wait.
   * @throws {CACHE_STORE_FAILED} when what keeps the locks is away: then nothing was done.
   */
  take<T>(projectId: string, name: string, work: () => Promise<T>): Promise<T>
}

/**
 * A deploy reads what the active version has, loads the bundle for seconds, and then writes: without turns, what another deploy
 * changed meanwhile would be undone in silence. What a deploy writes is one transaction all the same, so a turn that was lost
 * on the way (a paused machine) costs the order, and nothing else.
 */
export function createTurns(locks: Locks, waitMs: number): Turns {
  return {
    async take(projectId, name, work) {
      let done: { readonly value: Awaited<ReturnType<typeof work>> } | undefined
      try {
        await locks.with(`function:${projectId}:${name}`, { ttl: TTL, wait: `${waitMs}ms` }, async () => {
          done = { value: await work() }
        })
      } catch (error) {
        if (codeOf(error) === CacheLockTimeout.code) throw new ChangeBusy(undefined, { cause: error })
        // What was committed is committed.
        if (done === undefined || codeOf(error) !== CacheLockLost.code) throw error
      }
      return done!.value
    },
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code
}
