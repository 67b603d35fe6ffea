import { word } from "../../option.ts"
import type { BusSettings } from "../bus-driver.ts"

export interface NatsOptions {
  readonly prefix: string
  readonly connectTimeoutMs: number
  readonly commandTimeoutMs: number
  readonly replicas: number
}

/** The names of one bus: streams, subjects and consumers. */
export class NatsNames {
  readonly stream: string
  readonly deadStream: string
  readonly #base: string

  constructor({ prefix }: NatsOptions, { name }: BusSettings) {
    word("prefix", prefix)
    this.stream = `${prefix}_${name}`
    this.deadStream = `${prefix}_${name}_dead`
    this.#base = `${prefix}.${name}`
  }

  get events(): string {
    return `${this.#base}.e.>`
  }
  get letters(): string {
    return `${this.#base}.d.>`
  }
  event(part: number, type: string): string {
    return `${this.#base}.e.${part}.${type}`
  }
  ofPart(part: number): string {
    return `${this.#base}.e.${part}.>`
  }
  lettersOf(group: string): string {
    return `${this.#base}.d.${group}`
  }
  consumer(group: string, part: number): string {
    return `${group}_${part}`
  }
}

/** Of one group alone: a dead letter that was redriven. */
export const ONLY_HEADER = "Ashlar-Only"
export const REASON_HEADER = "Ashlar-Reason"
export const SUBJECT_HEADER = "Ashlar-Subject"
