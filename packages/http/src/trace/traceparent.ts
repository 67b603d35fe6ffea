/** Where a request stands in a trace, as `traceparent` says it. */
export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all of them zero. */
  readonly traceId: string
  /** 16 of them: the span of whoever sent the header. */
  readonly spanId: string
  /** Whether the sender records this trace. */
  readonly sampled: boolean
  /** Whether at least the right-most seven bytes of the trace id were made at random (Trace Context, level 2). */
  readonly random: boolean
}

const VERSION_0 = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
/** A version to come may add to the end, after another dash; what we know of it stands where it always stood. */
const LATER = /^(?!ff|00)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/
const SAMPLED = 1
const RANDOM = 2

/**
 * Reads a `traceparent` header; undefined when it is not valid, and then there was none.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function parseTraceParent(header: string | null): TraceParent | undefined {
  if (header === null) return undefined
  const match = VERSION_0.exec(header) ?? LATER.exec(header)
  if (match === null) return undefined
  const [, traceId, spanId, flags] = match as unknown as [string, string, string, string]
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  const bits = Number.parseInt(flags, 16)
  return { traceId, spanId, sampled: (bits & SAMPLED) !== 0, random: (bits & RANDOM) !== 0 }
}

/** Writes the header, always as version 00; flags that we do not know are not passed on. */
export function formatTraceParent({ traceId, spanId, sampled, random }: TraceParent): string {
  return `00-${traceId}-${spanId}-0${(sampled ? SAMPLED : 0) | (random ? RANDOM : 0)}`
}

/** An id of so many random bytes, in lower-case hexadecimal, and not all zero. */
export function randomId(bytes: number): string {
  for (;;) {
    const id = Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("")
    if (!/^0+$/.test(id)) return id
  }
}
