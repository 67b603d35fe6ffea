import { median, slope } from "../statistics.ts"

/** What was seen of one server. */
export interface SoakRecord {
  /** Seconds since the start, and MB of resident memory then. */
  readonly memory: readonly (readonly [seconds: number, megabytes: number])[]
  /** MB of live objects after a collection: when the server was warm, and at the end. */
  readonly heapWarmMb: number
  readonly heapEndMb: number
  /** Files and sockets that were open before the first client came, and at the end. */
  readonly filesBefore: number
  readonly filesEnd: number
  /** Streams and uploads that the application believes to be open at the end. */
  readonly openEnd: number
}

/** Memory that may come in the second half without a leak behind it: pools and compiled code settle late. */
const MAX_GROWTH = 0.05
const MAX_HEAP_GROWTH = 0.1
/** A heap of few MB may grow by more than its share for reasons of its own. */
const HEAP_SLACK_MB = 1
/** Sockets of the clients' pools that are still open. */
const FILES_SLACK = 16

export interface Verdict {
  /** MB per minute by which resident memory grew in the second half. */
  readonly growthMbPerMinute: number
  /** What is not as it was; empty when all is flat. */
  readonly problems: readonly string[]
}

/** Whether a soak ended as it began: its second half is looked at, for every server grows at first. */
export function judge(record: SoakRecord): Verdict {
  const { memory, heapWarmMb, heapEndMb, filesBefore, filesEnd, openEnd } = record
  const last = memory.at(-1)?.[0] ?? 0
  const half = memory.filter(([seconds]) => seconds >= last / 2)
  const perSecond = slope(half)
  const grown = perSecond * (last / 2)
  const level = median(half.map(([, megabytes]) => megabytes))
  const problems = [
    grown > level * MAX_GROWTH &&
      `resident memory grew by ${grown.toFixed(1)} MB in the second half, from about ${level.toFixed(0)} MB`,
    heapEndMb > heapWarmMb * (1 + MAX_HEAP_GROWTH) + HEAP_SLACK_MB &&
      `live objects grew from ${heapWarmMb.toFixed(1)} to ${heapEndMb.toFixed(1)} MB`,
    filesEnd > filesBefore + FILES_SLACK && `${filesEnd} files and sockets are open, ${filesBefore} were at the start`,
    openEnd > 0 && `${openEnd} streams or uploads never ended`,
  ].filter((problem) => problem !== false)
  return { growthMbPerMinute: perSecond * 60, problems }
}
