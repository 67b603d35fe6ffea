import { createHash } from "node:crypto"
import { StorageChecksumMismatch, StorageTooLarge } from "./errors.ts"
import type { Incoming } from "./store.ts"

export interface IncomingRules {
  readonly maxBytes: number
  readonly sha256: string | undefined
  readonly signal: AbortSignal | undefined
  /** Takes room of the quotas for what comes. Throws when there is none. */
  readonly reserve: (bytes: number) => void
}

/** Counts, bounds and hashes a body on its way into a store. */
export function toIncoming(chunks: AsyncIterable<Uint8Array>, rules: IncomingRules): Incoming {
  const hash = createHash("sha256")
  return {
    chunks: watch(chunks, hash, rules),
    finish() {
      const sha256 = hash.digest("hex")
      if (rules.sha256 !== undefined && sha256 !== rules.sha256)
        throw new StorageChecksumMismatch("The bytes that came are not those that the checksum is of.")
      return sha256
    },
  }
}

async function* watch(
  chunks: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
  { maxBytes, signal, reserve }: IncomingRules,
): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await untilAborted(iterator.next(), signal)
      if (done === true) return
      sizeBytes += value.length
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes)
      if (value.length === 0) continue
      reserve(value.length)
      hash.update(value)
      yield value
    }
  } finally {
    // One that hangs is not waited for: its end comes when its own next piece does.
    void Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
}

/** A source that says nothing any more must not keep an aborted put alive. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work
  signal.throwIfAborted()
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener("abort", stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener("abort", stop!)
  }
}

export function tooLarge(maxBytes: number): InstanceType<typeof StorageTooLarge> {
  return new StorageTooLarge(`Expected an object of at most ${maxBytes} bytes, got more.`, { details: { maxBytes } })
}
