import { OrmConnectionLost } from "../errors.ts"

/** Over the server's own limit for a statement: what is silent for longer is no longer there. */
const GRACE_MS = 2_000

/**
 * The answer of a server, which stops what takes too long by itself. One that vanished without a word, behind a firewall that
 * forgot the connection, is given up, and its session ended.
 *
 * @param limitMs The server's own limit; 0 for none, and then this waits for ever too.
 * @throws {ORM_CONNECTION_LOST}
 */
export async function answer<T>(work: Promise<T>, limitMs: number, kill: () => Promise<void>): Promise<T> {
  if (limitMs === 0) return await work
  const { promise: silence, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new OrmConnectionLost(`The database has not answered for ${limitMs + GRACE_MS} ms, and was given up.`))
    kill().catch(() => undefined)
  }, limitMs + GRACE_MS)
  try {
    return await Promise.race([work, silence])
  } finally {
    clearTimeout(timer)
  }
}
