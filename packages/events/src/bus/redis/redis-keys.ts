/** The keys of one bus. */
export class RedisKeys {
  readonly #base: string
  readonly streams: readonly string[]

  constructor(prefix: string, name: string, partitions: number) {
    this.#base = `${prefix}:bus:${name}`
    this.streams = Array.from({ length: partitions }, (_, part) => `${this.#base}:p${part}`)
  }

  get partitions(): string {
    return `${this.#base}:partitions`
  }
  members(group: string): string {
    return `${this.#base}:g:${group}:members`
  }
  lane(group: string, part: number): string {
    return `${this.#base}:g:${group}:lane:${part}`
  }
  lanes(group: string): string[] {
    return this.streams.map((_, part) => this.lane(group, part))
  }
  letters(group: string): string {
    return `${this.#base}:g:${group}:dead`
  }
  letterIds(group: string): string {
    return `${this.#base}:g:${group}:deadids`
  }
}
