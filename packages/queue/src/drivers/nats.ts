import type { DriverUrl } from "@ashlar/core"
import { BrokerStore } from "../brokers/broker-store.ts"
import { NatsBroker, type NatsOptions } from "../nats/nats-broker.ts"
import type { OpenStore } from "../store.ts"
import { NATS_GUARANTEES } from "./remote.ts"

/** Opens queues in NATS JetStream. */
export function open(url: DriverUrl, options: NatsOptions): OpenStore {
  return (settings) =>
    new BrokerStore(new NatsBroker(NATS_GUARANTEES, url, { ...options, queue: settings.queue }), settings)
}
