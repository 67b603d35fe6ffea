/** One queue that is measured, over one engine. Another engine or peer is one more file in `subjects/`, and a line in `SUBJECTS`. */
export interface QueueSubject {
  /** The first word of its cases: those of one engine are compared. */
  readonly engine: "memory" | "sqlite" | "postgres" | "redis"
  readonly name: string
  /** Opens an empty queue of its own. `undefined`: what it needs is not here. */
  open(): Promise<OpenSubject | undefined>
}

export interface OpenSubject {
  /** Adds one job, and resolves when it is as safe as the engine makes it. */
  add(payload: Payload): Promise<unknown>
  /** Adds many at once, for a start. */
  fill(payloads: readonly Payload[]): Promise<unknown>
  /** Begins to work: `done` is called once a job has run, with 50 at a time. @returns what stops it when all is acknowledged. */
  work(done: () => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

/** About 120 bytes as JSON. */
export interface Payload {
  readonly userId: string
  readonly text: string
}

export function payload(at: number): Payload {
  return {
    userId: `user-${at}`,
    text: "a letter that is about as long as what jobs are given, which is a few words and ids",
  }
}

/** Callers that each await one push before the next, and jobs that run at a time. */
export const IN_FLIGHT = 50
