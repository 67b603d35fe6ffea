import { type Schema, v } from "@ashlar/validation"
import { MAX_PAGE_ITEMS, type PageQuery, Time } from "./page.ts"

export type KmsAlgorithm = "AES-256-GCM" | "HS256" | "HS384" | "HS512" | "RS256" | "PS256" | "ES256" | "ES384" | "EdDSA"
const KmsAlgorithm: Schema<KmsAlgorithm> = v
  .enum(["AES-256-GCM", "HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES384", "EdDSA"])
  .meta({ id: "KmsAlgorithm", description: "What the key does, for ever." })
export type KmsUse = "encrypt" | "decrypt" | "data-key" | "mac" | "sign" | "verify"
const KmsUse: Schema<KmsUse> = v
  .enum(["encrypt", "decrypt", "data-key", "mac", "sign", "verify"])
  .meta({ id: "KmsUse", description: "What a key may be used for." })
export type KmsState = "enabled" | "disabled" | "pending-deletion" | "destroyed"
const KmsState: Schema<KmsState> = v
  .enum(["enabled", "disabled", "pending-deletion", "destroyed"])
  .meta({ id: "KmsState" })
const KeyName = v.string().min(1).max(64).describe("1 to 64 of a-z 0-9 . _ -, first a letter or digit")
const Bytes = v.string().max(1_400_000).describe("base64 with padding; at most 1 MiB")

export interface KmsKey {
  readonly id: string
  readonly name: string
  readonly algorithm: KmsAlgorithm
  readonly uses: readonly KmsUse[]
  readonly state: KmsState
  readonly version: number
  readonly minimumVersion: number
  readonly createdAt: string
  readonly deletesAt: string | null
  readonly rotateEveryDays: number | null
  readonly versions: readonly { readonly version: number; readonly createdAt: string; readonly destroyed: boolean }[]
}
export const KmsKey: Schema<KmsKey> = v
  .object({
    id: v.string(),
    name: v.string(),
    algorithm: KmsAlgorithm,
    uses: v.array(KmsUse),
    state: KmsState,
    version: v.integer().describe("The version that encrypts and signs"),
    minimumVersion: v.integer().describe("Older ones neither decrypt nor verify"),
    createdAt: Time,
    deletesAt: Time.nullable(),
    rotateEveryDays: v.number().nullable(),
    versions: v.array(v.object({ version: v.integer(), createdAt: Time, destroyed: v.boolean() })),
  })
  .meta({ id: "KmsKey", description: "A key of the project: never its material." })
export const NewKmsKey: Schema<{
  readonly name: string
  readonly algorithm?: KmsAlgorithm | undefined
  readonly uses?: readonly KmsUse[] | undefined
  readonly rotateEveryDays?: number | undefined
}> = v
  .object({
    name: KeyName,
    algorithm: KmsAlgorithm.optional(),
    uses: v.array(KmsUse).min(1).max(6).optional(),
    rotateEveryDays: v.integer().min(1).max(3_650).optional(),
  })
  .meta({ id: "NewKmsKey" })
export const KmsKeyPatch: Schema<{ readonly minimumVersion: number }> = v
  .object({ minimumVersion: v.integer().min(1) })
  .meta({ id: "KmsKeyPatch" })
export const DeletionBody: Schema<{ readonly days?: number | undefined }> = v
  .object({ days: v.integer().min(7).max(365).optional().describe("30 when left out") })
  .meta({ id: "KmsDeletion" })
export const Rewrapped: Schema<{ readonly rewrapped: number }> = v
  .object({ rewrapped: v.integer() })
  .meta({ id: "KmsRewrapped" })

/** What is encrypted and whose. */
type Context = Readonly<Record<string, string>>
const Context: Schema<Context> = v.record(v.string(), v.string()).meta({
  id: "KmsContext",
  description: "What is encrypted and whose: 1 to 16 names with texts. It opens with the same only.",
})
const context = { context: Context }
export const EncryptBody: Schema<{ readonly plain: string; readonly context: Context }> = v
  .object({ plain: Bytes, ...context })
  .meta({ id: "KmsEncrypt" })
export const Sealed: Schema<{ readonly sealed: string }> = v.object({ sealed: v.string() }).meta({ id: "KmsSealed" })
export const DecryptBody: Schema<{ readonly sealed: string; readonly context: Context }> = v
  .object({ sealed: Bytes, ...context })
  .meta({ id: "KmsDecrypt" })
export const Plain: Schema<{ readonly plain: string }> = v.object({ plain: v.string() }).meta({ id: "KmsPlain" })
export const DataKeyBody: Schema<{ readonly context: Context }> = v.object(context).meta({ id: "KmsNewDataKey" })
export const DataKey: Schema<{ readonly plain: string; readonly wrapped: string }> = v
  .object({ plain: v.string(), wrapped: v.string() })
  .meta({ id: "KmsDataKey" })
export const OpenDataKeyBody: Schema<{ readonly wrapped: string; readonly context: Context }> = v
  .object({ wrapped: Bytes, ...context })
  .meta({ id: "KmsOpenDataKey" })
export const SignBody: Schema<{ readonly data: string }> = v.object({ data: Bytes }).meta({ id: "KmsSign" })
export const Signed: Schema<{ readonly signature: string; readonly version: number }> = v
  .object({ signature: v.string(), version: v.integer() })
  .meta({ id: "KmsSignature" })
export const VerifyBody: Schema<{ readonly data: string; readonly signature: string; readonly version: number }> = v
  .object({ data: Bytes, signature: Bytes, version: v.integer().min(1) })
  .meta({ id: "KmsVerify" })
export const Verified: Schema<{ readonly valid: boolean }> = v
  .object({ valid: v.boolean() })
  .meta({ id: "KmsVerified" })
export const PublicKeys: Schema<{ readonly keys: readonly Readonly<Record<string, string>>[] }> = v
  .object({ keys: v.array(v.record(v.string(), v.string())) })
  .meta({ id: "KmsPublicKeys", description: "RFC 7517, with the versions that verify, the current one first." })

export interface SecretInfo {
  readonly name: string
  readonly version: number
  readonly createdAt: string
  readonly updatedAt: string
  readonly expiresAt: string | null
  readonly functions: readonly string[]
}
export const SecretInfo: Schema<SecretInfo> = v
  .object({
    name: v.string(),
    version: v.integer(),
    createdAt: Time,
    updatedAt: Time,
    expiresAt: Time.nullable(),
    functions: v.array(v.string()).describe("The functions that may read it"),
  })
  .meta({ id: "SecretInfo", description: "A secret of the project: never its value." })
export const SecretBody: Schema<{
  readonly value: string
  readonly expiresAt?: string | undefined
  readonly functions?: readonly string[] | undefined
}> = v
  .object({
    value: v.string().min(1).max(65_536),
    expiresAt: Time.optional(),
    functions: v.array(v.string().min(1).max(100)).max(100).optional(),
  })
  .meta({ id: "SecretInput", description: "A new version. Without `functions`, those that may read it may go on." })
export const RevealBody: Schema<{ readonly version?: number | undefined }> = v
  .object({ version: v.integer().min(1).optional() })
  .meta({ id: "SecretReveal" })
export const SecretValue: Schema<{ readonly value: string; readonly version: number }> = v
  .object({ value: v.string(), version: v.integer() })
  .meta({ id: "SecretValue" })
export const SecretHistory: Schema<{
  readonly items: readonly { readonly version: number; readonly createdAt: string }[]
}> = v.object({ items: v.array(v.object({ version: v.integer(), createdAt: Time })) }).meta({ id: "SecretHistory" })

type AuditOutcome = "success" | "failure" | "denied"
interface Party {
  readonly type: string
  readonly id: string
}
const Outcome: Schema<AuditOutcome> = v.enum(["success", "failure", "denied"])
const Party: Schema<Party> = v.object({ type: v.string(), id: v.string() }).meta({ id: "KmsAuditParty" })
export interface KmsAuditQuery extends PageQuery {
  readonly key?: string | undefined
  readonly secret?: string | undefined
  readonly action?: string | undefined
  readonly actor?: string | undefined
  readonly outcome?: AuditOutcome | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
}
/** `?limit=` and `&cursor=`, and which entries: all of them when nothing else is said. */
export const KmsAuditQuery: Schema<
  KmsAuditQuery,
  { [Name in keyof KmsAuditQuery]?: Name extends "outcome" ? AuditOutcome | undefined : string | undefined }
> = v.object({
  limit: v.coerce.integer().min(1).max(MAX_PAGE_ITEMS).default(50),
  cursor: v.string().max(4096).optional(),
  key: v.string().min(1).max(64).optional().describe("What was done with this key"),
  secret: v.string().min(1).max(64).optional().describe("What was done with this secret"),
  action: v.string().min(1).max(100).optional().describe("Such as `kms.decrypt`"),
  actor: v.string().min(1).max(250).optional().describe("`type:id`, as entries have it"),
  outcome: Outcome.optional(),
  since: v.string().max(40).optional().describe("From this time on"),
  until: v.string().max(40).optional().describe("Before this time"),
})
export interface KmsAuditEntry {
  readonly sequence: number
  readonly at: string
  readonly action: string
  readonly actor: Party
  readonly target: Party | null
  readonly outcome: AuditOutcome
  readonly details: Readonly<Record<string, unknown>>
}
export const KmsAuditEntry: Schema<KmsAuditEntry> = v
  .object({
    sequence: v.integer(),
    at: Time,
    action: v.string().describe("`kms.rotate`, `kms.decrypt`, `secret.read` …"),
    actor: Party,
    target: Party.nullable(),
    outcome: Outcome,
    details: v.record(v.string(), v.unknown()).describe("`count`, `from` and `to` where it tells of many uses"),
  })
  .meta({ id: "KmsAuditEntry" })
export interface KmsAuditReport {
  readonly ok: boolean
  readonly entries: number
  readonly checkpoints: number
  readonly head: { readonly sequence: number; readonly hash: string }
  readonly broken: { readonly sequence: number; readonly fault: string; readonly message: string } | null
}
export const KmsAuditReport: Schema<KmsAuditReport> = v
  .object({
    ok: v.boolean(),
    entries: v.integer(),
    checkpoints: v.integer().describe("Signed by a key under the root"),
    head: v.object({ sequence: v.integer(), hash: v.string() }),
    broken: v.object({ sequence: v.integer(), fault: v.string(), message: v.string() }).nullable(),
  })
  .meta({ id: "KmsAuditReport", description: "Whether the audit is as it was written." })
