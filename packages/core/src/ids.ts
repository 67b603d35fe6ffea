import { type Clock, systemClock } from "./clock.ts"

/** Makes ids. Whatever stores things takes one, so that a test can make its ids predictable. */
export type IdSource = () => string

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))
const COUNTER_LIMIT = 2 ** 32
const POOL_BYTES = 4096

/** Random bytes are drawn from the system by the page: one call per id would cost more than the rest of the id. */
const pool = new Uint8Array(POOL_BYTES)
let used = POOL_BYTES

function randomByte(): number {
  if (used === POOL_BYTES) {
    crypto.getRandomValues(pool)
    used = 0
  }
  const byte = pool[used]!
  // A byte that became part of an id is not kept in memory for the next reader of the pool.
  pool[used++] = 0
  return byte
}

/** 31 random bits: the top bit stays 0, so at least 2^31 ids fit into one millisecond before the counter is full. */
function counterSeed(): number {
  return (randomByte() & 0x7f) * 2 ** 24 + (randomByte() << 16) + (randomByte() << 8) + randomByte()
}

/**
 * A source of UUIDv7 ids with a state of its own.
 *
 * Every id is greater, as text, than all this source made before: within a millisecond a 32-bit counter (12 bits in
 * `rand_a`, 20 at the start of `rand_b`) goes up from a random seed, and when the clock steps back the last millisecond
 * is kept until the clock has caught up. 42 bits of each id are fresh random ones. Ids of other processes interleave by
 * time only.
 *
 * @param seed Where the counter of a millisecond starts, from 0 to 2^32 - 1. Default: 31 random bits.
 * @see RFC 9562, sections 5.7 and 6.2 (method 1, fixed-length dedicated counter bits, with rollover and rollback handling)
 */
export function createUuidv7(clock: Clock = systemClock, seed: () => number = counterSeed): IdSource {
  let lastMs = -1
  let counter = 0
  return () => {
    const nowMs = clock.now()
    if (nowMs > lastMs) {
      lastMs = nowMs
      counter = seed()
    } else {
      counter += 1
      if (counter === COUNTER_LIMIT) {
        lastMs += 1
        counter = seed()
      }
    }
    return format(lastMs, counter)
  }
}

/** All but the last 48 bits, which 64 ids in a row have in common. */
let prefix = ""
let prefixMs = -1
let prefixCounter = -1

function format(ms: number, counter: number): string {
  const high = counter >>> 6
  if (ms !== prefixMs || high !== prefixCounter) {
    prefix = prefixOf(ms, counter)
    prefixMs = ms
    prefixCounter = high
  }
  // 6 bits of the counter and 42 at random.
  const c = hex(((counter << 2) & 0xfc) | (randomByte() & 0x03))
  return `${prefix}${c}${hex(randomByte())}${hex(randomByte())}${hex(randomByte())}${hex(randomByte())}${hex(randomByte())}`
}

function prefixOf(ms: number, counter: number): string {
  const high = Math.floor(ms / 2 ** 32)
  const low = ms >>> 0
  const time = `${hex(high >>> 8)}${hex(high)}${hex(low >>> 24)}${hex(low >>> 16)}-${hex(low >>> 8)}${hex(low)}`
  // 4 bits of version, 12 of counter; 2 bits of variant, 14 of counter.
  const a = `${hex(0x70 | (counter >>> 28))}${hex(counter >>> 20)}`
  const b = `${hex(0x80 | ((counter >>> 14) & 0x3f))}${hex(counter >>> 6)}`
  return `${time}-${a}-${b}-`
}

function hex(byte: number): string {
  return HEX[byte & 0xff]!
}

const sources = new WeakMap<Clock, IdSource>()
const systemSource = createUuidv7(systemClock)
let held: IdSource | undefined

/**
 * Lets {@link uuidv7} give the ids of another source, in all of this process, until it is called with `undefined`. For
 * tests that want to know the ids; nothing does so in production.
 */
export function holdIds(source: IdSource | undefined): void {
  held = source
}

/**
 * A new UUIDv7: sorts by the time it was made, and within one process and clock strictly in the order of the calls.
 *
 * It tells its reader when it was made and can be guessed in part: an id is a name, never a secret.
 *
 * @param clock Each clock has a sequence of its own, so a test's manual clock does not disturb the system's.
 */
export function uuidv7(clock: Clock = systemClock): string {
  if (held !== undefined) return held()
  if (clock === systemClock) return systemSource()
  let source = sources.get(clock)
  if (!source) {
    source = createUuidv7(clock)
    sources.set(clock, source)
  }
  return source()
}
