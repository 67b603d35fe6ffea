import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { RootKey } from "./root-key.ts"

const waits = {
  timeoutMs: v.integer().min(100).max(120_000).default(5_000),
  attempts: v.integer().min(1).max(10).default(3),
}

const file: Driver<RootKey> = defineDriver<RootKey>()({
  schemes: ["file"],
  options: { create: v.boolean().default(false) },
  guarantees: { staysOutside: false, auditsUse: false },
  load: () => import("./file.ts"),
})
const env: Driver<RootKey> = defineDriver<RootKey>()({
  schemes: ["env"],
  options: { forget: v.boolean().default(false) },
  guarantees: { staysOutside: false, auditsUse: false },
  load: () => import("./env.ts"),
})
const pkcs11: Driver<RootKey> = defineDriver<RootKey>()({
  schemes: ["pkcs11"],
  options: {
    "module-path": v.string().min(1).max(1_000),
    "pin-value": v.string().min(1).max(200).optional(),
    "pin-source": v.string().min(1).max(1_000).optional(),
    create: v.boolean().default(false),
  },
  guarantees: { staysOutside: true, auditsUse: false },
  package: "pkcs11js@2.1.7",
  load: async () => await (await import("./pkcs11.ts")).load(),
})
const awsKms: Driver<RootKey> = defineDriver<RootKey>()({
  schemes: ["awskms"],
  options: {
    region: v.string().min(1).max(40),
    endpoint: v.string().min(1).max(2_000).optional(),
    ...waits,
  },
  guarantees: { staysOutside: true, auditsUse: true },
  load: () => import("./aws-kms.ts"),
})
const vault: Driver<RootKey> = defineDriver<RootKey>()({
  schemes: ["vault"],
  options: {
    tls: v.enum(["required", "off"]).default("required"),
    namespace: v.string().min(1).max(200).optional(),
    ...waits,
  },
  guarantees: { staysOutside: true, auditsUse: true },
  load: () => import("./vault.ts"),
})

/** What holds root keys, by the scheme of their URL. */
export const rootKeyDrivers: Drivers<RootKey> = createDrivers("root key", [file, env, pkcs11, awsKms, vault])
