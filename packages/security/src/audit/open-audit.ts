import { type Clock, defineService, detach, type Guarantees, type Service, type Services } from "@ashlar/core"
import { AuditOptionInvalid } from "../errors.ts"
import { createRedactor, type RedactOptions } from "../redaction/redactor.ts"
import type { Audit } from "./audit.ts"
import type { AuditStore } from "./audit-store.ts"
import type { AuditSigner } from "./checkpoint.ts"
import { auditDrivers } from "./drivers/drivers.ts"
import { LiveAudit } from "./live-audit.ts"

export interface AuditOptions {
  /** What else is a secret in `context` and `details`. What `redact` knows always is. */
  readonly redact?: RedactOptions
  /** The first signs checkpoints, all verify them: put a new key in front of the older ones. Default: none. */
  readonly signers?: readonly AuditSigner[]
  /** Signs a checkpoint at each so many entries of a stream, in the same transaction: 0 to 1,000,000. 0 is never. Default: 1,000. */
  readonly checkpointEvery?: number
  /** What the caller relies on: `{ durable: true }`. A URL whose driver does not promise it is refused at once. */
  readonly needs?: Guarantees
  /** Default: the system's. */
  readonly clock?: Clock
}

/**
 * Opens an audit log: `memory:`, `sqlite:path`, `postgres://…` or `mysql://…`. Each entry holds the hash of the one in front of it, so that
 * one which is changed, left out or moved is found by `verify`. The store is opened at the first use, and makes its tables.
 *
 * @param url A store of your own is taken as well; closing this closes it.
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING} {SECURITY_AUDIT_OPTION_INVALID}
 * @throws {SECURITY_REDACTION_INVALID}
 * @example
 * const audit = openAudit("postgres://app@db/shop")
 * await audit.append({ action: "user.deleted", actor: { type: "user", id: "7" }, target: { type: "user", id: "8" } })
 */
export function openAudit(url: string | AuditStore, options: AuditOptions = {}): Audit {
  const { needs = {}, signers = [], checkpointEvery = 1_000, redact: redaction, clock } = options
  if (!Number.isInteger(checkpointEvery) || checkpointEvery < 0 || checkpointEvery > 1_000_000)
    throw new AuditOptionInvalid(
      `Expected checkpointEvery to be an integer from 0 to 1,000,000, got ${checkpointEvery}.`,
    )
  if (new Set(signers.map(({ keyId, algorithm }) => `${algorithm} ${keyId}`)).size !== signers.length)
    throw new AuditOptionInvalid("Expected signers to have different keyIds.")
  if (typeof url === "string") auditDrivers.require(url, needs, "The audit log")
  const outside = detach()
  const open = () => (typeof url === "string" ? outside(() => auditDrivers.open(url)) : Promise.resolve(url))
  return new LiveAudit(open, typeof url === "string" ? auditDrivers.guarantees(url) : {}, {
    redact: createRedactor({ maxValues: 1_000, maxDepth: 8, ...redaction }),
    signers,
    checkpointEvery,
    ...(clock !== undefined && { clock }),
  })
}

/**
 * The same as a service of an app: opened when it is first asked for, closed with the app.
 * @example
 * export const AuditLog = defineAudit(() => process.env.DATABASE_URL ?? "memory:")
 */
export function defineAudit(
  url: (services: Services) => string | Promise<string>,
  { name = "audit", ...options }: AuditOptions & { readonly name?: string } = {},
): Service<Audit> {
  return defineService<Audit>({
    name,
    async open(services) {
      const audit = openAudit(await url(services), options)
      await audit.streams()
      return audit
    },
    close: (audit) => audit.close(),
  })
}
