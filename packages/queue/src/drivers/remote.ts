import { type Driver, defineDriver } from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { QueueGuarantees } from "../guarantees.ts"
import type { OpenStore } from "../store.ts"

const KiB = 1024
const MiB = 1024 * KiB
const DAY_MS = 86_400_000

/** What every broker gives, and no more than that: jobs, tried again, with a delay. */
const BROKER = {
  atLeastOnce: true,
  durable: true,
  crossProcess: true,
  delay: true,
  maxDelayMs: 30 * DAY_MS,
  priority: false,
  unique: false,
  transactional: false,
  fairGroups: false,
  rateLimits: false,
  flows: false,
  pause: false,
  inspect: false,
  remove: false,
  deadLetters: false,
  retention: false,
  exactAttempts: false,
  maxPayloadBytes: MiB,
} as const satisfies QueueGuarantees

const times = {
  connectTimeoutMs: v.integer().min(1).max(60_000).default(5_000),
  commandTimeoutMs: v.integer().min(1).max(60_000).default(5_000),
}
/** A part of names in the broker: letters, digits, `-` and `_`. */
const prefix = v
  .string()
  .regex(/^[A-Za-z0-9_-]{1,40}$/)
  .default("ashlar")

/** A server's default for the largest message is 1 MiB, and the job is in it as JSON within JSON. */
export const NATS_GUARANTEES: QueueGuarantees = { ...BROKER, maxPayloadBytes: 480 * KiB }

const nats: Driver<OpenStore> = defineDriver<OpenStore>()({
  schemes: ["nats"],
  options: { ...times, prefix, replicas: v.integer().min(1).max(5).default(1) },
  guarantees: NATS_GUARANTEES,
  package: "@nats-io/jetstream@3.4.0 @nats-io/transport-node@3.4.0",
  load: () => import("./nats.ts"),
})

/** Delays are rounded up to two digits. */
export const AMQP_GUARANTEES: QueueGuarantees = { ...BROKER, maxPayloadBytes: MiB }

const amqp: Driver<OpenStore> = defineDriver<OpenStore>()({
  schemes: ["amqp", "amqps"],
  options: {
    ...times,
    prefix,
    queueType: v.enum(["quorum", "classic"]).default("quorum"),
    expiresMs: v
      .integer()
      .min(0)
      .max(30 * DAY_MS)
      .default(0),
  },
  guarantees: AMQP_GUARANTEES,
  package: "amqplib@2.3.1",
  load: () => import("./amqp.ts"),
})

/** A message has 256 KiB, and the job's envelope is in it, escaped once more. Delays are whole seconds, rounded up. */
export const SQS_GUARANTEES: QueueGuarantees = { ...BROKER, maxDelayMs: 900_000, maxPayloadBytes: 100 * KiB }

const sqs: Driver<OpenStore> = defineDriver<OpenStore>()({
  schemes: ["sqs"],
  options: { ...times, prefix, endpoint: v.string().max(500).optional() },
  guarantees: SQS_GUARANTEES,
  package: "@aws-sdk/client-sqs@3.1175.0",
  load: () => import("./sqs.ts"),
})

/** All but a commit together with rows of the app, which are elsewhere. */
export const REDIS_GUARANTEES: QueueGuarantees = {
  ...BROKER,
  maxDelayMs: 10 * 366 * DAY_MS,
  priority: true,
  unique: true,
  fairGroups: true,
  rateLimits: true,
  flows: true,
  pause: true,
  inspect: true,
  remove: true,
  deadLetters: true,
  retention: true,
  exactAttempts: true,
}

const redis: Driver<OpenStore> = defineDriver<OpenStore>()({
  schemes: ["redis", "rediss", "valkey"],
  options: { ...times, prefix },
  guarantees: REDIS_GUARANTEES,
  package: "ioredis@6.0.0",
  load: () => import("./redis.ts"),
})

/** Queues in servers of their own. */
export const remoteDrivers: readonly Driver<OpenStore>[] = [redis, nats, amqp, sqs]
