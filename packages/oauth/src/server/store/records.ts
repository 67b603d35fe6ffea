import { createHash, randomBytes } from "node:crypto"
import { OAuthStoreFailed } from "../../errors.ts"
import type { OAuthStore, RecordKind } from "./store.ts"

export interface Kept<T> {
  readonly id: string
  readonly value: T
  readonly version: number
}

const ATTEMPTS = 20

/** The records of one kind, as what they are. */
export class Records<T> {
  readonly #store: OAuthStore
  readonly #kind: RecordKind

  constructor(store: OAuthStore, kind: RecordKind) {
    this.#store = store
    this.#kind = kind
  }

  add(id: string, value: T, untilMs: number): Promise<boolean> {
    return this.#store.add({ kind: this.#kind, id, body: JSON.stringify(value), untilMs })
  }
  async get(id: string): Promise<Kept<T> | undefined> {
    const record = await this.#store.get(this.#kind, id)
    return record && { id, value: JSON.parse(record.body) as T, version: record.version }
  }
  change({ id, version }: Kept<T>, value: T, untilMs: number): Promise<boolean> {
    return this.#store.change({ kind: this.#kind, id, body: JSON.stringify(value), untilMs }, version)
  }
  /**
   * Changes what is kept, or begins it, whoever else does: what `change` says counts for what it was given last, and it may be asked again.
   * @param change What is kept then; undefined: what there was.
   * @throws {OAUTH_STORE_FAILED} where twenty others came first.
   */
  async update(id: string, untilMs: number, change: (before: T | undefined) => T | undefined): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const kept = await this.get(id)
      const next = change(kept?.value)
      if (next === undefined) return
      const isKept = await (kept === undefined ? this.add(id, next, untilMs) : this.change(kept, next, untilMs))
      if (isKept) return
    }
    throw new OAuthStoreFailed("What is kept here is being changed by too many at once.")
  }
  remove(id: string): Promise<boolean> {
    return this.#store.remove(this.#kind, id)
  }
  async list(): Promise<readonly Kept<T>[]> {
    const records = await this.#store.list(this.#kind)
    return records.map(({ id, body, version }) => ({ id, value: JSON.parse(body) as T, version }))
  }
}

/** 256 random bits, as text that goes anywhere. */
export function randomToken(): string {
  return randomBytes(32).toString("base64url")
}

/** What a secret is kept as. Secrets are random, so nothing slower is needed. */
export function hashOf(...parts: readonly string[]): string {
  const hash = createHash("sha256")
  // Each part after its length, so that none can be taken for a piece of another.
  for (const part of parts) hash.update(`${part.length}:`).update(part)
  return hash.digest("base64url")
}
