import { type Need, needs } from "@ashlar/control"
import {
  CiphertextInvalid,
  ContextInvalid,
  CryptoLimitReached,
  CryptoOptionInvalid,
  KeyConflict,
  KeyDestroyed,
  KeyDisabled,
  KeyExists,
  KeyNotFound,
  KeyUseRefused,
  VersionRefused,
} from "@ashlar/crypto"
import {
  DataKey,
  DataKeyBody,
  DecryptBody,
  DeletionBody,
  EncryptBody,
  KmsAuditEntry,
  KmsAuditQuery,
  KmsAuditReport,
  KmsKey,
  KmsKeyPatch,
  NewKmsKey,
  OpenDataKeyBody,
  PageQuery,
  Plain,
  PublicKeys,
  pageOf,
  Rewrapped,
  Sealed,
  SignBody,
  Signed,
  Verified,
  VerifyBody,
} from "@ashlar/protocol"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import { pageRequest, present } from "../page-request.ts"
import type { Platform } from "../platform.ts"
import { kmsOf } from "./kms-of.ts"

const looks: Need = { role: "viewer" }
const cares: Need = { role: "developer" }
const ends: Need = { role: "admin" }
const destroys: Need = { role: "owner" }
const uses: Need = { role: "developer", scope: "kms:use" }

const changed = [KeyNotFound, KeyConflict, KeyDestroyed, CryptoOptionInvalid]
const used = [KeyNotFound, KeyDestroyed, KeyDisabled, KeyUseRefused, CryptoOptionInvalid, CryptoLimitReached]
const opened = [...used, CiphertextInvalid, ContextInvalid, VersionRefused]
const tags = ["kms"]

/** The keys of a project: members care for them, and keys with the scope `kms:use` use them. */
export function addKmsRoutes(app: Api, platform: Platform, entries: Entries): void {
  app.scope("/v1/projects/:project/kms/audit", (audit) => addAudit(audit, platform, entries))
  app.scope("/v1/projects/:project/kms/keys", (keys) => {
    addKeys(keys, platform, entries)
    addStates(keys, platform, entries)
    addShredding(keys, platform, entries)
    addEncryption(keys, platform, entries)
    addSignatures(keys, platform, entries)
  })
}

function addAudit(audit: Api, platform: Platform, { inProject }: Entries): void {
  audit.get(
    "/",
    {
      name: "kms.audit",
      tags,
      summary: "What was done with keys and secrets, and what was refused, latest first",
      layers: [inProject(needs["audit.list"])],
      query: KmsAuditQuery,
      response: pageOf(KmsAuditEntry),
      errors: [CryptoOptionInvalid],
    },
    (ctx) => kmsOf(platform, ctx.access).audit(present(ctx.query)),
  )
  audit.get(
    "/verify",
    {
      name: "kms.audit-verify",
      tags,
      summary: "Whether that is as it was written",
      layers: [inProject(ends)],
      response: KmsAuditReport,
    },
    (ctx) => kmsOf(platform, ctx.access).verifyAudit(),
  )
}

function addKeys(keys: Api, platform: Platform, { inProject }: Entries): void {
  keys.get(
    "/",
    {
      name: "kms.list",
      tags,
      summary: "The keys of a project, by name",
      layers: [inProject(looks)],
      query: PageQuery,
      response: pageOf(KmsKey),
    },
    (ctx) => kmsOf(platform, ctx.access).listKeys(pageRequest(ctx.query)),
  )
  keys.post(
    "/",
    {
      name: "kms.create",
      tags,
      summary: "Make a key",
      layers: [inProject(cares)],
      body: NewKmsKey,
      response: { 201: KmsKey },
      errors: [KeyExists, CryptoOptionInvalid, CryptoLimitReached],
    },
    async (ctx) => ctx.json(await kmsOf(platform, ctx.access).createKey(ctx.body), 201),
  )
  keys.get(
    "/:keyName",
    {
      name: "kms.get",
      tags,
      summary: "One key, with its versions",
      layers: [inProject(looks)],
      response: KmsKey,
      errors: [KeyNotFound],
    },
    (ctx) => kmsOf(platform, ctx.access).getKey(ctx.params.keyName),
  )
  keys.patch(
    "/:keyName",
    {
      name: "kms.update",
      tags,
      summary: "Refuse older versions, or no more",
      layers: [inProject(ends)],
      body: KmsKeyPatch,
      response: KmsKey,
      errors: changed,
    },
    (ctx) => kmsOf(platform, ctx.access).setMinimumVersion(ctx.params.keyName, ctx.body.minimumVersion),
  )
  keys.post(
    "/:keyName/rotate",
    {
      name: "kms.rotate",
      tags,
      summary: "Make a new version, which encrypts and signs from now on",
      layers: [inProject(cares)],
      response: KmsKey,
      errors: [...changed, CryptoLimitReached],
    },
    (ctx) => kmsOf(platform, ctx.access).rotateKey(ctx.params.keyName),
  )
  keys.post(
    "/:keyName/rewrap",
    {
      name: "kms.rewrap",
      tags,
      summary: "Put what the platform encrypted by a key of its own under the current version",
      layers: [inProject(cares)],
      response: Rewrapped,
      errors: [...opened, KeyConflict],
    },
    (ctx) => kmsOf(platform, ctx.access).rewrap(ctx.params.keyName),
  )
}

function addStates(keys: Api, platform: Platform, { inProject }: Entries): void {
  keys.post(
    "/:keyName/disable",
    {
      name: "kms.disable",
      tags,
      summary: "Stop a key; it can be enabled again",
      layers: [inProject(ends)],
      response: KmsKey,
      errors: changed,
    },
    (ctx) => kmsOf(platform, ctx.access).disableKey(ctx.params.keyName),
  )
  keys.post(
    "/:keyName/enable",
    {
      name: "kms.enable",
      tags,
      summary: "Let a disabled key work again",
      layers: [inProject(ends)],
      response: KmsKey,
      errors: changed,
    },
    (ctx) => kmsOf(platform, ctx.access).enableKey(ctx.params.keyName),
  )
  keys.post(
    "/:keyName/schedule-deletion",
    {
      name: "kms.schedule-deletion",
      tags,
      summary: "Stop a key now, and destroy it with all it encrypted after some days",
      layers: [inProject(ends)],
      body: DeletionBody,
      response: KmsKey,
      errors: changed,
    },
    (ctx) => kmsOf(platform, ctx.access).scheduleDeletion(ctx.params.keyName, ctx.body.days),
  )
  keys.post(
    "/:keyName/cancel-deletion",
    {
      name: "kms.cancel-deletion",
      tags,
      summary: "Keep a key that waits for its deletion; it is disabled then",
      layers: [inProject(ends)],
      response: KmsKey,
      errors: changed,
    },
    (ctx) => kmsOf(platform, ctx.access).cancelDeletion(ctx.params.keyName),
  )
}

function addShredding(keys: Api, platform: Platform, { inProject }: Entries): void {
  keys.post(
    "/:keyName/shred",
    {
      name: "kms.shred",
      tags,
      summary: "Destroy a key now, and with it what it encrypted, wherever copies of that are; there is no way back",
      layers: [inProject(destroys)],
      response: KmsKey,
      errors: changed,
    },
    (ctx) => kmsOf(platform, ctx.access).shredKey(ctx.params.keyName),
  )
}

function addEncryption(keys: Api, platform: Platform, { inProject }: Entries): void {
  keys.post(
    "/:keyName/encrypt",
    {
      name: "kms.encrypt",
      tags,
      summary: "Encrypt for a context",
      layers: [inProject(uses)],
      body: EncryptBody,
      response: Sealed,
      errors: [...used, ContextInvalid],
    },
    (ctx) => kmsOf(platform, ctx.access).encrypt(ctx.params.keyName, ctx.body),
  )
  keys.post(
    "/:keyName/decrypt",
    {
      name: "kms.decrypt",
      tags,
      summary: "Decrypt what was encrypted for the same context",
      layers: [inProject(uses)],
      body: DecryptBody,
      response: Plain,
      errors: opened,
    },
    (ctx) => kmsOf(platform, ctx.access).decrypt(ctx.params.keyName, ctx.body),
  )
  keys.post(
    "/:keyName/data-keys",
    {
      name: "kms.data-key",
      tags,
      summary: "Make a key to encrypt with elsewhere, in clear and wrapped",
      layers: [inProject(uses)],
      body: DataKeyBody,
      response: DataKey,
      errors: [...used, ContextInvalid],
    },
    (ctx) => kmsOf(platform, ctx.access).generateDataKey(ctx.params.keyName, ctx.body),
  )
  keys.post(
    "/:keyName/data-keys/open",
    {
      name: "kms.open-data-key",
      tags,
      summary: "Open a wrapped data key",
      layers: [inProject(uses)],
      body: OpenDataKeyBody,
      response: Plain,
      errors: opened,
    },
    (ctx) => kmsOf(platform, ctx.access).openDataKey(ctx.params.keyName, ctx.body),
  )
}

function addSignatures(keys: Api, platform: Platform, { inProject }: Entries): void {
  keys.post(
    "/:keyName/sign",
    {
      name: "kms.sign",
      tags,
      summary: "Sign, by the key's algorithm",
      layers: [inProject(uses)],
      body: SignBody,
      response: Signed,
      errors: used,
    },
    (ctx) => kmsOf(platform, ctx.access).sign(ctx.params.keyName, ctx.body),
  )
  keys.post(
    "/:keyName/verify",
    {
      name: "kms.verify",
      tags,
      summary: "Whether a signature is the key's",
      layers: [inProject(uses)],
      body: VerifyBody,
      response: Verified,
      errors: [...used, VersionRefused],
    },
    (ctx) => kmsOf(platform, ctx.access).verify(ctx.params.keyName, ctx.body),
  )
  keys.get(
    "/:keyName/public-keys",
    {
      name: "kms.public-keys",
      tags,
      summary: "The public keys of the versions that verify, as JWKS",
      layers: [inProject(uses)],
      response: PublicKeys,
      errors: used,
    },
    (ctx) => kmsOf(platform, ctx.access).publicKeys(ctx.params.keyName),
  )
}
