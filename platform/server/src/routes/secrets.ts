import type { Need } from "@ashlar/control"
import {
  CiphertextInvalid,
  CryptoLimitReached,
  CryptoOptionInvalid,
  KeyConflict,
  KeyDestroyed,
  KeyDisabled,
  SecretExpired,
  SecretNotFound,
  VersionRefused,
} from "@ashlar/crypto"
import { PageQuery, pageOf, RevealBody, SecretBody, SecretHistory, SecretInfo, SecretValue } from "@ashlar/protocol"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import { pageRequest } from "../page-request.ts"
import type { Platform } from "../platform.ts"
import { kmsOf } from "./kms-of.ts"

const looks: Need = { role: "viewer" }
const changes: Need = { role: "developer" }
const reads: Need = { role: "developer", scope: "secrets:read" }
const tags = ["secrets"]

/** The secrets of a project: names for its members, values for developers and for keys with the scope `secrets:read`. */
export function addSecretRoutes(app: Api, platform: Platform, { inProject }: Entries): void {
  app.scope("/v1/projects/:project/secrets", (secrets) => {
    secrets.get(
      "/",
      {
        name: "secrets.list",
        tags,
        summary: "The secrets of a project, without their values",
        layers: [inProject(looks)],
        query: PageQuery,
        response: pageOf(SecretInfo),
      },
      (ctx) => kmsOf(platform, ctx.access).listSecrets(pageRequest(ctx.query)),
    )
    secrets.put(
      "/:secret",
      {
        name: "secrets.set",
        tags,
        summary: "Make a secret, or a new version of it",
        layers: [inProject(changes)],
        body: SecretBody,
        response: SecretInfo,
        errors: [CryptoOptionInvalid, CryptoLimitReached, KeyConflict, KeyDestroyed, KeyDisabled],
      },
      (ctx) => kmsOf(platform, ctx.access).setSecret(ctx.params.secret, ctx.body),
    )
    secrets.post(
      "/:secret/reveal",
      {
        name: "secrets.reveal",
        tags,
        summary: "The value of a secret; that it was read is in the audit trail first",
        layers: [inProject(reads)],
        body: RevealBody,
        response: SecretValue,
        errors: [SecretNotFound, SecretExpired, CiphertextInvalid, VersionRefused, KeyDestroyed, KeyDisabled],
      },
      (ctx) => kmsOf(platform, ctx.access).revealSecret(ctx.params.secret, ctx.body),
    )
    secrets.get(
      "/:secret/history",
      {
        name: "secrets.history",
        tags,
        summary: "The versions of a secret, the latest first",
        layers: [inProject(looks)],
        response: SecretHistory,
        errors: [SecretNotFound],
      },
      (ctx) => kmsOf(platform, ctx.access).secretHistory(ctx.params.secret),
    )
    secrets.delete(
      "/:secret",
      {
        name: "secrets.remove",
        tags,
        summary: "Take a secret away, with all its versions",
        layers: [inProject(changes)],
        response: { 204: null },
        errors: [SecretNotFound, KeyConflict],
      },
      async (ctx) => {
        await kmsOf(platform, ctx.access).removeSecret(ctx.params.secret)
        return ctx.empty()
      },
    )
  })
}
