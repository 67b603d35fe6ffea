import type { Clock } from "@ashlar/core"
import type { KeyContext } from "../context.ts"
import { KeyDestroyed, UnwrapFailed, VersionRefused } from "../errors.ts"
import { MAX_WRAPPED_KEY_BYTES, type RootKey } from "../root-keys/root-key.ts"
import { wipe } from "../wipe.ts"
import { isSignature, loadPair, type SigningPair } from "./algorithms.ts"
import { BoundedCache, type CacheBounds } from "./bounded-cache.ts"
import type { KeyRecord, KeyVersion } from "./key.ts"

/** What the material of a version is wrapped for: it opens as nothing else. */
type Owner = Pick<KeyRecord, "id" | "tenant" | "algorithm">

/** The bytes of keys, opened by the root when they are needed and kept for a while. */
export class KeyMaterial {
  readonly root: RootKey
  readonly #roots: ReadonlyMap<string, RootKey>
  readonly #bytes: BoundedCache<Uint8Array>
  readonly #pairs: BoundedCache<SigningPair>
  readonly #opening: Map<string, Promise<void>> = new Map()

  constructor(roots: readonly [RootKey, ...RootKey[]], bounds: CacheBounds, clock: Clock) {
    this.root = roots[0]
    this.#roots = new Map(roots.map((root) => [root.id, root]))
    this.#bytes = new BoundedCache(bounds, clock, (bytes) => wipe(bytes))
    this.#pairs = new BoundedCache(bounds, clock)
  }

  /** Wraps new bytes for a version, and overwrites them. */
  async wrap(owner: Owner, version: number, bytes: Uint8Array): Promise<Pick<KeyVersion, "root" | "material">> {
    try {
      if (bytes.length > MAX_WRAPPED_KEY_BYTES) throw new UnwrapFailed("Expected a key that a root key can wrap.")
      const wrapped = await this.root.wrap(bytes, contextOf(owner, version))
      return { root: this.root.id, material: Buffer.from(wrapped).toString("base64") }
    } finally {
      wipe(bytes)
    }
  }

  /**
   * Does something with a version's bytes, at once: they may be overwritten after it.
   * @throws {CRYPTO_VERSION_REFUSED} {CRYPTO_KEY_DESTROYED} {CRYPTO_UNWRAP_FAILED} and what the root key throws
   */
  async use<T>(record: KeyRecord, version: number, work: (bytes: Uint8Array) => T): Promise<T> {
    const place = `${record.id}/${version}`
    // Those who wait for one opening go on after it one by one, and a small cache may have dropped it again by then.
    for (let attempt = 0; attempt < 5; attempt++) {
      const bytes = this.#bytes.get(place)
      if (bytes !== undefined) return work(bytes)
      await this.#once(place, async () => this.#bytes.put(place, await this.#open(record, version)))
    }
    const bytes = await this.#open(record, version)
    try {
      return work(bytes)
    } finally {
      wipe(bytes)
    }
  }

  /** The keys of a version that signs. */
  async pair(record: KeyRecord, version: number): Promise<SigningPair> {
    const { algorithm } = record
    if (!isSignature(algorithm)) throw new VersionRefused("Expected a key that signs.")
    const place = `${record.id}/${version}`
    const known = this.#pairs.get(place)
    if (known !== undefined) return known
    let made: SigningPair | undefined
    await this.#once(`pair ${place}`, async () => {
      made = await loadPair(algorithm, Uint8Array.from(await this.#open(record, version)))
      this.#pairs.put(place, made)
    })
    return made ?? this.#pairs.get(place) ?? (await this.pair(record, version))
  }

  async #once(place: string, open: () => Promise<void>): Promise<void> {
    const others = this.#opening.get(place)
    if (others !== undefined) return await others
    const own = open().finally(() => this.#opening.delete(place))
    this.#opening.set(place, own)
    await own
  }

  async #open(record: KeyRecord, version: number): Promise<Uint8Array> {
    const found = record.versions.find((one) => one.version === version)
    if (found === undefined) throw new VersionRefused()
    if (found.material === null) throw new KeyDestroyed("This version of the key was destroyed.")
    return await this.#rootOf(found).unwrap(Buffer.from(found.material, "base64"), contextOf(record, version))
  }
  #rootOf({ root }: KeyVersion): RootKey {
    const found = this.#roots.get(root)
    if (found === undefined)
      throw new UnwrapFailed(`The key was wrapped by the root ${root}, which is not open here. Add it to \`former\`.`)
    return found
  }

  /** The version, wrapped by the root of today. */
  async rewrap(record: KeyRecord, version: KeyVersion): Promise<KeyVersion> {
    if (version.material === null || version.root === this.root.id) return version
    const bytes = await this.#open(record, version.version)
    return { ...version, ...(await this.wrap(record, version.version, bytes)) }
  }

  forget(id: string): void {
    this.#bytes.deleteAll(`${id}/`)
    this.#pairs.deleteAll(`${id}/`)
  }
  sweep(): void {
    this.#bytes.sweep()
    this.#pairs.sweep()
  }
  async close(): Promise<void> {
    this.#bytes.deleteAll()
    this.#pairs.deleteAll()
    await Promise.all([...this.#roots.values()].map((root) => root.close()))
  }
}

function contextOf({ id, tenant, algorithm }: Owner, version: number): KeyContext {
  return { purpose: "ashlar key", key: id, tenant, algorithm, version: String(version) }
}
