import { BusFailed } from "../../errors.ts"

/** An event in a stream. */
export interface StreamEntry {
  readonly id: string
  /** `undefined`: it was deleted meanwhile. */
  readonly text: string | undefined
  /** The one group that it is for. */
  readonly only: string | undefined
}

/** Entries as every command gives them: `[[id, [field, value, …]], …]`. */
export function toEntries(reply: unknown): StreamEntry[] {
  if (!Array.isArray(reply)) return []
  return reply.filter(Array.isArray).map(([id, fields]) => {
    const pairs = pairsOf(fields)
    return { id: String(id), text: pairs.get("e") as string | undefined, only: pairs.get("only") as string | undefined }
  })
}

/** What XREAD and XREADGROUP give: by stream, as a list in RESP2 and an object in RESP3. */
export function toEntriesByStream(reply: unknown): Map<string, StreamEntry[]> {
  return new Map([...pairsOf(reply)].map(([stream, entries]) => [stream, toEntries(entries)]))
}

/** A map as any of the protocols gives it: pairs, a flat list, or an object. */
export function pairsOf(reply: unknown): Map<string, unknown> {
  if (reply === null || reply === undefined) return new Map()
  if (reply instanceof Map) return reply as Map<string, unknown>
  if (!Array.isArray(reply)) return new Map(Object.entries(reply as object))
  if (Array.isArray(reply[0])) return new Map(reply as [string, unknown][])
  const pairs = new Map<string, unknown>()
  for (let at = 0; at + 1 < reply.length; at += 2) pairs.set(String(reply[at]), reply[at + 1])
  return pairs
}

/** Whether Redis refused for a reason that its message begins with. */
export function isRefusal(error: unknown, word: string): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause.message.includes(word)) return true
  return false
}

/** @throws {EVENTS_BUS_FAILED} */
export function textOf({ text }: StreamEntry): string {
  if (typeof text === "string") return text
  throw new BusFailed("What is in a stream is not what this bus writes. Give it another prefix.")
}
