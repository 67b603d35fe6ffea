import type { NewJob } from "../store.ts"

/** A job as the body of a message. */
export interface Envelope {
  readonly id: string
  readonly input: string
  readonly attempts: number
  readonly createdMs: number
  readonly meta?: string
  /** Attempts that earlier messages of the job used up. */
  readonly used?: number
  /** Of a dead letter: JSON of what was wrong. */
  readonly error?: string
  /** Not before. For brokers that deliver at once, and are told to wait then. */
  readonly runAtMs?: number
}

export function writeEnvelope({ id, input, attempts, meta }: NewJob, nowMs: number, runAtMs?: number): string {
  const envelope: Envelope = {
    id,
    input,
    attempts,
    createdMs: nowMs,
    ...(meta !== undefined && { meta }),
    ...(runAtMs !== undefined && { runAtMs }),
  }
  return JSON.stringify(envelope)
}

/** Undefined for what no queue has written. */
export function readEnvelope(body: string): Envelope | undefined {
  try {
    const { id, input, attempts, createdMs } = JSON.parse(body) as Partial<Envelope>
    if (typeof id !== "string" || typeof input !== "string") return undefined
    if (!Number.isInteger(attempts) || !Number.isInteger(createdMs)) return undefined
    return JSON.parse(body) as Envelope
  } catch {
    return undefined
  }
}
