import { createReadStream } from "node:fs"
import { open, readFile } from "node:fs/promises"
import { createInterface } from "node:readline"
import type { AuditParty } from "../audit/audit-entry.ts"
import { verifyExport } from "../audit/audit-export.ts"
import { type AuditAnchor, type AuditSigner, ed25519Signer, hmacSigner, isAnchor } from "../audit/checkpoint.ts"
import { openAudit } from "../audit/open-audit.ts"
import { AuditOptionInvalid } from "../errors.ts"

export interface AuditRequest {
  readonly command: "audit"
  readonly action: "verify" | "list" | "export"
  /** Of the database; or an export's file, for `verify`. */
  readonly url?: string
  readonly file?: string
  readonly stream?: string
  /** Paths of files with an anchor or a checkpoint. */
  readonly anchors?: readonly string[]
  /** `keyId=path` of a public key in PEM. */
  readonly publicKeys?: readonly string[]
  /** `keyId=base64`, from the environment. */
  readonly hmacKeys?: readonly string[]
  readonly out?: string
  readonly query?: {
    readonly action?: string
    readonly actor?: string
    readonly target?: string
    readonly outcome?: "success" | "failure" | "denied"
    readonly since?: string
    readonly until?: string
    readonly after?: string
    readonly limit?: number
  }
}

/** @throws {SECURITY_AUDIT_OPTION_INVALID} {SECURITY_AUDIT_STORE_FAILED} */
export async function answerAudit(request: AuditRequest): Promise<unknown> {
  const { action, url, file, stream = "main", out } = request
  const signers = await signersOf(request)
  const anchors = await anchorsOf(request)
  if (file !== undefined)
    return await verifyExport(createInterface({ input: createReadStream(file) }), { signers, anchors })
  if (url === undefined) throw new AuditOptionInvalid("Expected the URL of the database that keeps the audit log.")
  await using audit = openAudit(url, { signers, checkpointEvery: 0 })
  if (action === "verify") return await audit.verify({ stream, anchors })
  if (action === "list") return await audit.list({ stream, ...queryOf(request) })
  if (out === undefined) throw new AuditOptionInvalid("Expected the file to write.")
  let lines = 0
  // Never over a file that is there: an export is evidence.
  await using handle = await open(out, "wx", 0o600)
  for await (const line of audit.export({ stream })) {
    await handle.write(`${line}\n`)
    lines++
  }
  return { file: out, entries: lines - 2 }
}

function queryOf({ query = {} }: AuditRequest): object {
  const { actor, target, since, until, ...rest } = query
  return {
    ...rest,
    ...(actor !== undefined && { actor: partyOf(actor) }),
    ...(target !== undefined && { target: partyOf(target) }),
    ...(since !== undefined && { since: new Date(since) }),
    ...(until !== undefined && { until: new Date(until) }),
  }
}

function partyOf(text: string): AuditParty {
  const at = text.indexOf(":")
  if (at < 1) throw new AuditOptionInvalid("Expected an actor or a target as type:id, such as user:7.")
  return { type: text.slice(0, at), id: text.slice(at + 1) }
}

async function signersOf({ publicKeys = [], hmacKeys = [] }: AuditRequest): Promise<readonly AuditSigner[]> {
  const shared = hmacKeys.map((text) => {
    const [keyId, key] = pair(text)
    return hmacSigner({ keyId, key: Buffer.from(key, "base64") })
  })
  const open = publicKeys.map(async (text) => {
    const [keyId, path] = pair(text)
    return ed25519Signer({ keyId, publicKey: await readFile(path, "utf8") })
  })
  return [...shared, ...(await Promise.all(open))]
}

function pair(text: string): readonly [string, string] {
  const at = text.indexOf("=")
  if (at < 1) throw new AuditOptionInvalid("Expected a key as keyId=…")
  return [text.slice(0, at), text.slice(at + 1)]
}

async function anchorsOf({ anchors = [] }: AuditRequest): Promise<readonly AuditAnchor[]> {
  const lists = await Promise.all(
    anchors.map(async (path) => {
      const value: unknown = JSON.parse(await readFile(path, "utf8"))
      const list = Array.isArray(value) ? value : [value]
      if (!list.every(isAnchor)) throw new AuditOptionInvalid("Expected an anchor as { stream, sequence, hash }.")
      return list
    }),
  )
  return lists.flat()
}
