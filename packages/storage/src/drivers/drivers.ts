import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { ObjectStore } from "../store.ts"

const MiB = 1024 * 1024
const GiB = 1024 * MiB

const memory: Driver<ObjectStore> = defineDriver<ObjectStore>()({
  schemes: ["memory"],
  options: {
    maxBytes: v
      .integer()
      .min(1024)
      .max(64 * GiB)
      .default(256 * MiB),
  },
  guarantees: {
    crossProcess: false,
    durable: false,
    createOnce: true,
    compareAndSwap: true,
    atomicMetadata: true,
    sha256: true,
    nestedKeys: true,
    signedByServer: false,
    maxObjectBytes: 64 * GiB,
  },
  load: () => import("./memory.ts"),
})

const file: Driver<ObjectStore> = defineDriver<ObjectStore>()({
  schemes: ["file"],
  options: {
    mode: v
      .string()
      .regex(/^0?[0-6][0-6][0-6]$/)
      .default("640"),
    staleAfterMs: v.integer().min(60_000).max(31_536_000_000).default(86_400_000),
  },
  guarantees: {
    crossProcess: true,
    durable: true,
    createOnce: true,
    compareAndSwap: true,
    atomicMetadata: true,
    sha256: true,
    nestedKeys: false,
    signedByServer: false,
    maxObjectBytes: 5 * 1024 * GiB,
  },
  load: () => import("./file.ts"),
})

const s3: Driver<ObjectStore> = defineDriver<ObjectStore>()({
  schemes: ["s3"],
  options: {
    endpoint: v.string().min(1).max(2_000).optional(),
    region: v.string().min(1).max(64).default("us-east-1"),
    style: v.enum(["path", "host"]).optional(),
    partBytes: v
      .integer()
      .min(5 * MiB)
      .max(512 * MiB)
      .default(8 * MiB),
    partsAtOnce: v.integer().min(1).max(16).default(3),
    timeoutMs: v.integer().min(100).max(600_000).default(30_000),
    attempts: v.integer().min(1).max(10).default(4),
    acl: v.boolean().default(true),
  },
  guarantees: {
    crossProcess: true,
    durable: true,
    createOnce: true,
    compareAndSwap: true,
    atomicMetadata: true,
    sha256: false,
    nestedKeys: true,
    signedByServer: true,
    maxObjectBytes: 5 * 1024 * GiB,
  },
  package: "fast-xml-parser@5.12.1",
  load: () => import("./s3.ts"),
})

/** The drivers of a storage, by the scheme of their URL. */
export const storageDrivers: Drivers<ObjectStore> = createDrivers("storage", [memory, file, s3])
