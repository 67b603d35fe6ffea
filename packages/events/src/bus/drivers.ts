import { redisOptions } from "@ashlar/cache/redis"
import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { BusGuarantees, OpenBusDriver } from "./bus-driver.ts"

const MiB = 1024 * 1024

const memory: Driver<OpenBusDriver> = defineDriver<OpenBusDriver>()({
  schemes: ["memory"],
  options: {
    /** Events that are kept for those who begin in the past. */
    maxEvents: v.integer().min(0).max(10_000_000).default(10_000),
    /** Events that a group may have before it; then publishing is refused. */
    maxBacklog: v.integer().min(1).max(10_000_000).default(100_000),
    /** Dead letters of a group; the oldest give way. */
    maxDeadLetters: v.integer().min(1).max(1_000_000).default(10_000),
  },
  guarantees: {
    crossProcess: false,
    durable: false,
    synced: false,
    orderedByKey: true,
    sharesWork: true,
    replayFromTime: true,
    replayFromPosition: true,
    maxPayloadBytes: 64 * MiB,
  } satisfies BusGuarantees,
  load: () => import("./memory/memory-bus.ts"),
})

const redis: Driver<OpenBusDriver> = defineDriver<OpenBusDriver>()({
  schemes: ["redis", "rediss", "valkey"],
  options: {
    ...redisOptions,
    /** Events that each partition keeps, about; the oldest give way, handled or not. */
    maxLength: v.integer().min(100).max(1_000_000_000).default(1_000_000),
  },
  guarantees: {
    crossProcess: true,
    durable: true,
    synced: false,
    orderedByKey: true,
    sharesWork: true,
    replayFromTime: true,
    replayFromPosition: true,
    maxPayloadBytes: 8 * MiB,
  } satisfies BusGuarantees,
  package: "ioredis@6.0.0",
  load: () => import("./redis/redis-bus.ts"),
})

const nats: Driver<OpenBusDriver> = defineDriver<OpenBusDriver>()({
  schemes: ["nats"],
  options: {
    ...redisOptions,
    /** Servers that keep the streams. */
    replicas: v.integer().min(1).max(5).default(1),
  },
  guarantees: {
    crossProcess: true,
    durable: true,
    /** A server writes what it acknowledges, and has the disk write it every two minutes, unless it is set to `sync_interval: always`. */
    synced: false,
    orderedByKey: true,
    sharesWork: true,
    replayFromTime: true,
    replayFromPosition: true,
    maxPayloadBytes: MiB - 8 * 1024,
  } satisfies BusGuarantees,
  package: "@nats-io/jetstream@3.4.0",
  load: () => import("./nats/nats-bus.ts"),
})

const amqp: Driver<OpenBusDriver> = defineDriver<OpenBusDriver>()({
  schemes: ["amqp", "amqps"],
  options: { ...redisOptions, commandTimeoutMs: v.integer().min(1).max(60_000).default(10_000) },
  guarantees: {
    crossProcess: true,
    durable: true,
    synced: true,
    orderedByKey: true,
    /** A queue has one consumer at a time, or it would have no order. */
    sharesWork: false,
    replayFromTime: false,
    replayFromPosition: false,
    maxPayloadBytes: 8 * MiB,
  } satisfies BusGuarantees,
  package: "amqplib@2.3.1",
  load: () => import("./amqp/amqp-bus.ts"),
})

const kafka: Driver<OpenBusDriver> = defineDriver<OpenBusDriver>()({
  schemes: ["kafka"],
  options: {
    /** Others of the cluster that may be asked first: `host:port,host:port`. */
    brokers: v.string().max(2_048).optional(),
    tls: v.boolean().default(false),
    /** How a user of the URL logs in. */
    sasl: v.enum(["plain", "scram-sha-256", "scram-sha-512"]).default("plain"),
    /** Brokers that keep each topic; -1: as many as they are set up to. */
    replicas: v.integer().min(-1).max(16).default(-1),
    connectTimeoutMs: v.integer().min(1).max(60_000).default(5_000),
    commandTimeoutMs: v.integer().min(1).max(60_000).default(10_000),
  },
  guarantees: {
    crossProcess: true,
    durable: true,
    /** Brokers acknowledge what all replicas in sync have, and leave the disk to the operating system. */
    synced: false,
    orderedByKey: true,
    sharesWork: true,
    replayFromTime: true,
    replayFromPosition: true,
    maxPayloadBytes: MiB - 8 * 1024,
  } satisfies BusGuarantees,
  package: "@platformatic/kafka@2.12.1",
  load: () => import("./kafka/kafka-bus.ts"),
})

/** Takes the database's own options, so that the same URL means the same pool. */
function sqlDriver(schemes: readonly [string, ...string[]]): Driver<OpenBusDriver> {
  return {
    schemes,
    guarantees: {
      crossProcess: true,
      durable: true,
      synced: true,
      orderedByKey: true,
      sharesWork: true,
      replayFromTime: true,
      replayFromPosition: true,
      maxPayloadBytes: 8 * MiB,
    } satisfies BusGuarantees,
    optionNames: [],
    open: async (url) => async (settings) => await (await import("./sql/sql-bus.ts")).openSqlBus(url, settings),
  }
}

/** The drivers of a bus, by the scheme of their URL. */
export const busDrivers: Drivers<OpenBusDriver> = createDrivers("bus", [
  memory,
  redis,
  nats,
  amqp,
  kafka,
  sqlDriver(["sqlite"]),
  sqlDriver(["postgres", "postgresql"]),
  sqlDriver(["mysql", "mariadb"]),
])
