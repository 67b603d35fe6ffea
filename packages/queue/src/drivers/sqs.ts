import type { DriverUrl } from "@ashlar/core"
import { BrokerStore } from "../brokers/broker-store.ts"
import { SqsBroker, type SqsOptions } from "../sqs/sqs-broker.ts"
import type { OpenStore } from "../store.ts"
import { SQS_GUARANTEES } from "./remote.ts"

/** Opens queues in Amazon SQS. */
export function open(url: DriverUrl, options: SqsOptions): OpenStore {
  return (settings) =>
    new BrokerStore(new SqsBroker(SQS_GUARANTEES, url, { ...options, queue: settings.queue }), settings)
}
