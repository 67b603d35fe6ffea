import { type AuditEntry, hashOf, NOTHING } from "./audit-entry.ts"
import { type AuditAnchor, type AuditCheckpoint, type AuditSigner, isSigned } from "./checkpoint.ts"

/** What is wrong with a stream. */
export type AuditFault =
  /** The entry is not what its hash says, or not what the store finds it by. */
  | "changed"
  /** The entry that comes next follows another one than this. */
  | "replaced"
  /** The entry is not there, and later ones are. */
  | "missing"
  /** The entry stands where it does not belong. */
  | "moved"
  /** The last entries are not there. */
  | "truncated"
  /** The stream is not the one that the anchor or checkpoint is of. */
  | "rewritten"
  /** A checkpoint is not signed by a key that is known. */
  | "unsigned"
  /** Entries at the beginning are not there, and nothing in the stream says that they were taken away. */
  | "beheaded"

export interface AuditReport {
  readonly stream: string
  readonly ok: boolean
  /** Entries that were looked at and hold. */
  readonly entries: number
  /** The last one of those: keep it elsewhere, as an anchor of the next time. */
  readonly head: AuditAnchor
  /** Checkpoints whose signature and place hold. */
  readonly checkpoints: number
  /** The first entry that does not hold, and why. */
  readonly broken?: { readonly sequence: number; readonly fault: AuditFault; readonly message: string }
}

/** An entry of a stream, or of one in an export only that it is there. */
export interface Link {
  readonly sequence: number
  readonly previous: string
  readonly hash: string
}

interface Broken {
  readonly sequence: number
  readonly fault: AuditFault
  readonly message: string
}

export interface ChainOptions {
  readonly stream: string
  readonly base: { readonly sequence: number; readonly hash: string }
  readonly anchors: readonly AuditAnchor[]
  readonly checkpoints: readonly AuditCheckpoint[]
  readonly signers: readonly AuditSigner[]
}

/** Goes along a stream, entry by entry, until one does not hold. */
export class ChainCheck {
  readonly #options: ChainOptions
  #last: { readonly sequence: number; readonly hash: string }
  #count = 0
  #isBaseTold: boolean
  #broken: Broken | undefined
  readonly #places: Map<number, { hash: string; isCheckpoint: boolean }[]> = new Map()

  constructor(options: ChainOptions) {
    this.#options = options
    this.#last = options.base
    this.#isBaseTold = options.base.sequence === 0 && options.base.hash === NOTHING
    const mark = (anchor: AuditAnchor, isCheckpoint: boolean): void => {
      const known = this.#places.get(anchor.sequence) ?? []
      this.#places.set(anchor.sequence, [...known, { hash: anchor.hash, isCheckpoint }])
    }
    for (const anchor of options.anchors) mark(anchor, false)
    for (const checkpoint of options.checkpoints) mark(checkpoint, true)
  }

  /** @returns whether the stream holds so far. */
  add(link: Link, entry?: AuditEntry): boolean {
    const expected = this.#last.sequence + 1
    if (link.sequence > expected) return this.fail(expected, "missing", `Entry ${expected} is not there.`)
    if (link.sequence < expected) return this.fail(link.sequence, "moved", `Entry ${link.sequence} is there twice.`)
    if (link.previous !== this.#last.hash) {
      const before = this.#last.sequence
      if (this.#count === 0)
        return this.fail(expected, "beheaded", `Entry ${expected} follows another entry than the stream begins behind.`)
      return this.fail(before, "replaced", `Entry ${before} is not the one that entry ${expected} follows.`)
    }
    for (const { hash } of this.#places.get(link.sequence) ?? [])
      if (hash !== link.hash)
        return this.fail(link.sequence, "rewritten", `Entry ${link.sequence} is not the one that was known before.`)
    if (entry !== undefined) this.#noteBase(entry)
    this.#last = link
    this.#count++
    return true
  }
  /** Only the first fault counts. */
  fail(sequence: number, fault: AuditFault, message: string): false {
    this.#broken ??= { sequence, fault, message }
    return false
  }

  /** @param head Where the stream says that it ends; undefined where it says nothing. */
  async end(head?: { readonly sequence: number; readonly hash: string }): Promise<AuditReport> {
    const { stream, checkpoints, signers, base } = this.#options
    if (this.#broken === undefined) this.#checkEnd(head)
    let good = 0
    for (const checkpoint of signers.length === 0 ? [] : checkpoints) {
      if (checkpoint.sequence < base.sequence) continue
      if (checkpoint.stream === stream && (await isSigned(checkpoint, signers))) good++
      else
        this.fail(
          checkpoint.sequence,
          "unsigned",
          `The checkpoint at ${checkpoint.sequence} is not signed by a known key.`,
        )
    }
    const report = {
      stream,
      ok: this.#broken === undefined,
      entries: this.#count,
      head: { stream, sequence: this.#last.sequence, hash: this.#last.hash },
      checkpoints: good,
    }
    return this.#broken === undefined ? report : { ...report, broken: this.#broken }
  }

  #checkEnd(head: { readonly sequence: number; readonly hash: string } | undefined): void {
    const { sequence, hash } = this.#last
    const { base } = this.#options
    if (!this.#isBaseTold)
      this.fail(
        base.sequence,
        "beheaded",
        `Nothing in the stream says that entries up to ${base.sequence} were taken away.`,
      )
    const known = Math.max(head?.sequence ?? 0, ...this.#places.keys())
    if (known > sequence) this.fail(sequence + 1, "truncated", `Entries ${sequence + 1} to ${known} are not there.`)
    if (head !== undefined && (head.sequence !== sequence || head.hash !== hash))
      this.fail(sequence, "replaced", `Entry ${sequence} is not the one that the stream says it ends with.`)
    for (const one of this.#places.get(base.sequence) ?? [])
      if (base.sequence > 0 && one.hash !== base.hash)
        this.fail(base.sequence, "rewritten", `The stream does not begin behind the entry that was known before.`)
  }
  /** What was taken away is told by an entry behind it. */
  #noteBase({ action, details }: AuditEntry): void {
    const { base } = this.#options
    if (action === PRUNED && details.through === base.sequence && details.hash === base.hash) this.#isBaseTold = true
  }
}

/** The action of the entry that tells of entries which were taken away. */
export const PRUNED = "audit.pruned"

/** Whether the text of an entry is what its hash says. */
export function isIntact({ body, hash }: { readonly body: string; readonly hash: string }): boolean {
  return hashOf(body) === hash
}
