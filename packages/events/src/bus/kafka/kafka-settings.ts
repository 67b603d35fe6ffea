import type { DriverUrl } from "@ashlar/core"
import type { ConnectionOptions } from "@platformatic/kafka"
import { EventOptionInvalid } from "../../errors.ts"
import { word } from "../../option.ts"
import type { BusSettings } from "../bus-driver.ts"

export interface KafkaOptions {
  readonly connectTimeoutMs: number
  readonly commandTimeoutMs: number
  readonly brokers?: string | undefined
  readonly tls: boolean
  readonly sasl: "plain" | "scram-sha-256" | "scram-sha-512"
  readonly replicas: number
}

export interface KafkaAddress {
  readonly host: string
  readonly port: number
}

/** What both the client's producer and its connections are opened with. */
export interface KafkaClientSettings {
  readonly brokers: readonly KafkaAddress[]
  readonly connection: ConnectionOptions
}

const MECHANISMS = { plain: "PLAIN", "scram-sha-256": "SCRAM-SHA-256", "scram-sha-512": "SCRAM-SHA-512" } as const
const DEFAULT_PORT = 9092
const MAX_BROKERS = 32

/** @throws {EVENTS_OPTION_INVALID} */
export function clientSettings(url: DriverUrl, options: KafkaOptions): KafkaClientSettings {
  const { host = "127.0.0.1", port = DEFAULT_PORT, user, password } = url
  const { connectTimeoutMs, commandTimeoutMs, tls, sasl } = options
  const others = (options.brokers ?? "").split(",").filter((one) => one !== "")
  if (others.length > MAX_BROKERS) throw new EventOptionInvalid(`Expected at most ${MAX_BROKERS} brokers in the URL.`)
  return {
    brokers: [{ host, port }, ...others.map(toAddress)],
    connection: {
      connectTimeout: connectTimeoutMs,
      requestTimeout: commandTimeoutMs,
      ...(tls && { tls: {}, tlsServerName: true }),
      ...(user !== undefined && {
        sasl: { mechanism: MECHANISMS[sasl], username: user, password: password?.reveal() ?? "" },
      }),
    },
  }
}

function toAddress(text: string): KafkaAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text)
  const port = Number(match?.[3] ?? DEFAULT_PORT)
  if (match === null || port < 1 || port > 65_535)
    throw new EventOptionInvalid("Expected the option brokers to be written host:port,host:port.")
  return { host: match[1] ?? match[2] ?? "", port }
}

/** The names of one bus: its topics and groups. */
export class KafkaNames {
  readonly topic: string

  constructor(prefix: string, { name }: BusSettings) {
    this.topic = `${word("prefix", prefix)}.${name}`
  }

  group(group: string): string {
    return `${this.topic}.${group}`
  }
  letters(group: string): string {
    return `${this.topic}.${group}.dead`
  }
}

/** Of one group alone: a dead letter that was redriven. */
export const ONLY_HEADER = "ashlar-only"
export const REASON_HEADER = "ashlar-reason"
export const PART_HEADER = "ashlar-part"
/** Of the event: the letter has its own. */
export const KEY_HEADER = "ashlar-key"
/** @see https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md#331-kafka-content-type */
export const CONTENT_TYPE_HEADER = "content-type"
export const STRUCTURED = "application/cloudevents+json; charset=UTF-8"
