import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { Bus } from "./bus.ts"

/** What keeps apps apart that use one server: the first part of every topic. */
const prefix = v.string().min(1).max(64).default("ashlar")
const connectTimeoutMs = v.integer().min(1).max(60_000).default(5_000)

const memory: Driver<Bus> = defineDriver<Bus>()({
  schemes: ["memory"],
  options: {},
  guarantees: { crossProcess: false, maxPayloadBytes: Number.MAX_SAFE_INTEGER },
  load: () => import("./memory.ts"),
})

const redis: Driver<Bus> = defineDriver<Bus>()({
  schemes: ["redis", "rediss", "valkey"],
  options: { prefix, connectTimeoutMs },
  guarantees: { crossProcess: true, maxPayloadBytes: 8 * 1024 * 1024 },
  package: "ioredis@6.0.0",
  // Bun has a client of its own, which needs no package.
  load: () => ("Bun" in globalThis ? import("./redis-bun.ts") : import("./redis.ts")),
})

const nats: Driver<Bus> = defineDriver<Bus>()({
  schemes: ["nats"],
  options: { prefix, connectTimeoutMs },
  guarantees: { crossProcess: true, maxPayloadBytes: 1024 * 1024 },
  package: "@nats-io/transport-node@3.4.0",
  load: () => import("./nats.ts"),
})

/** The buses, by the scheme of their URL. */
export const buses: Drivers<Bus> = createDrivers("bus", [memory, redis, nats])
