import { word } from "../../option.ts"
import type { BusSettings } from "../bus-driver.ts"

export interface AmqpOptions {
  readonly prefix: string
  readonly connectTimeoutMs: number
  readonly commandTimeoutMs: number
}

/** The names of one bus: its exchange and its queues. */
export class AmqpNames {
  readonly exchange: string

  constructor({ prefix }: AmqpOptions, { name }: BusSettings) {
    word("prefix", prefix)
    this.exchange = `${prefix}.${name}`
  }

  /** Nobody reads it: its bound says how many partitions there are, for RabbitMQ refuses another one. */
  get partitions(): string {
    return `${this.exchange}.partitions`
  }
  event(part: number, type: string): string {
    return `${part}.${type}`
  }
  ofPart(part: number): string {
    return `${part}.#`
  }
  queue(group: string, part: number): string {
    return `${this.exchange}.g.${group}.${part}`
  }
  letters(group: string): string {
    return `${this.exchange}.g.${group}.dead`
  }
  listener(id: string): string {
    return `${this.exchange}.l.${id}`
  }
}
