import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"

/** Keys whose use waits for the next write. Uses of more keys than that go unnoted until then. */
const MAX_GATHERED = 1_000

/**
 * Remembers when keys were used, and writes it now and then: a commit for every request would make every read a write.
 * What a crash loses is a minute's exactness of `lastUsedAt`, and nothing else.
 */
export interface KeyUsage {
  /** Notes a use now. `storedMs` is the time that was read with the key. */
  touch(id: string, storedMs: number | null): void
  /** The latest use this process knows of. */
  lastUsedMs(id: string): number | undefined
  /** Resolves when every use noted so far is on disk. */
  flush(): Promise<void>
}

export function createKeyUsage(options: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly stepMs: number
  readonly delayMs: number
}): KeyUsage {
  const { file, clock, stepMs, delayMs } = options
  /** Uses that wait for the next write, by key. */
  let gathered = new Map<string, number>()
  /** What was written within the last step, by key: newer than what a remembered row says. */
  const written = new Map<string, number>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let writing: Promise<unknown> = Promise.resolve()

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const uses = gathered
    gathered = new Map()
    for (const [id, atMs] of written) if (clock.now() - atMs >= stepMs) written.delete(id)
    for (const [id, atMs] of uses) written.set(id, atMs)
    if (uses.size > 0) {
      const statement = { sql: WRITE_USES, params: [JSON.stringify(Object.fromEntries(uses))] }
      writing = Promise.allSettled([writing]).then(() => file.write([statement]))
    }
    await writing
  }

  return {
    touch(id, storedMs) {
      const nowMs = clock.now()
      const knownMs = gathered.get(id) ?? written.get(id) ?? storedMs
      if (knownMs !== null && nowMs - knownMs < stepMs) return
      if (gathered.size >= MAX_GATHERED) return
      gathered.set(id, nowMs)
      if (timer) return
      // A use that cannot be written is not worth failing anything for; the next one tries again.
      timer = setTimeout(() => flush().catch(() => undefined), delayMs)
      timer.unref()
    },
    lastUsedMs: (id) => gathered.get(id) ?? written.get(id),
    flush,
  }
}

const WRITE_USES = `UPDATE control_keys SET last_used_at = uses.value
  FROM json_each(?) AS uses WHERE control_keys.id = uses.key`
