import type { DriverUrl } from "@ashlar/core"
import { AmqpBroker, type AmqpOptions } from "../amqp/amqp-broker.ts"
import { BrokerStore } from "../brokers/broker-store.ts"
import type { OpenStore } from "../store.ts"
import { AMQP_GUARANTEES } from "./remote.ts"

/** Opens queues in RabbitMQ. */
export function open(url: DriverUrl, options: AmqpOptions): OpenStore {
  return (settings) =>
    new BrokerStore(new AmqpBroker(AMQP_GUARANTEES, url, { ...options, queue: settings.queue }), settings)
}
