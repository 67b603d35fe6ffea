import type { Clock } from "@ashlar/core"
import { type BaseContext, type Layer, layer } from "@ashlar/http"
import type { Sealer } from "@ashlar/identity"
import { describeRoute } from "@ashlar/openapi"
import type { Feature, SqliteFile } from "@ashlar/sqlite"
import { IdempotencyKeyInUse, IdempotencyKeyInvalid, IdempotencyKeyReused } from "../errors.ts"

/** Where answers are kept for those who ask again. */
export const idempotencyFeature: Feature = {
  name: "idempotency",
  migrations: [
    {
      id: 1,
      name: "answers",
      sql: [
        `CREATE TABLE idempotency_answers (
          id BLOB PRIMARY KEY, body_hash BLOB NOT NULL, status INTEGER NOT NULL, head TEXT NOT NULL, body BLOB NOT NULL,
          created_at INTEGER NOT NULL
        ) WITHOUT ROWID`,
        "CREATE INDEX idempotency_answers_by_age ON idempotency_answers (created_at)",
      ],
    },
  ],
}

const KEY = {
  type: "string",
  pattern: "^[\\x21-\\x7e]{1,255}$",
  description: "A request that is sent again with its key and body gets the first one's answer",
}

/** How long an answer is kept. */
const KEEP_MS = 24 * 60 * 60 * 1000
/** A larger answer is not kept: the request then runs again. */
const MAX_KEPT_BYTES = 1024 * 1024
const KEPT_HEADERS = ["content-type", "etag", "location"]

interface Kept {
  readonly body_hash: Uint8Array
  readonly status: number
  readonly head: string
  readonly body: Uint8Array
}

/**
 * A POST sent twice with one `Idempotency-Key` runs once; the second gets the first one's answer. Answers are sealed, for
 * some of them show a secret this once. An answer is kept right after it was made: a crash in that instant lets a retry
 * run again, which is why a write's own preconditions stay the stronger tool.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export type IdempotencyLayer = Layer<unknown, unknown>

export function createIdempotencyLayer(options: { file: SqliteFile; sealer: Sealer; clock: Clock }): IdempotencyLayer {
  const underWay = new Set<string>()
  return layer({
    name: "idempotency",
    errors: [IdempotencyKeyInvalid, IdempotencyKeyInUse, IdempotencyKeyReused],
    meta: describeRoute(({ method, path }) =>
      method === "POST" && path.startsWith("/v1/") ? { headers: { "idempotency-key": KEY } } : {},
    ),
    around: async (ctx, next) => {
      const key = ctx.headers.get("idempotency-key")
      if (key === null || ctx.method !== "POST" || !ctx.path.startsWith("/v1/")) return next()
      if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw new IdempotencyKeyInvalid()
      const who = ["authorization", "ashlar-user"].map((header) => ctx.headers.get(header) ?? "").join("\n")
      const id = sha256(`${who}\n${ctx.path}\n${key}`)
      const name = id.toString("hex")
      if (underWay.has(name)) throw new IdempotencyKeyInUse()
      underWay.add(name)
      try {
        const bodyHash = await hashBody(ctx)
        const kept = options.file.get<Kept>("SELECT * FROM idempotency_answers WHERE id = ? AND created_at > ?", [
          id,
          options.clock.now() - KEEP_MS,
        ])
        if (kept !== undefined) return replay(kept, { id: name, bodyHash, sealer: options.sealer })
        const response = await next()
        return await keep(response, { ...options, id, bodyHash })
      } finally {
        underWay.delete(name)
      }
    },
  })
}

/** Answers that one write deletes: they may have a megabyte each. */
const PRUNED_AT_ONCE = 200

/**
 * Deletes answers that are kept no longer. @param signal Ends it between two writes. @returns how many
 */
export async function pruneAnswers(
  { file, clock }: { readonly file: SqliteFile; readonly clock: Clock },
  signal?: AbortSignal,
): Promise<number> {
  const sql = `DELETE FROM idempotency_answers WHERE id IN (
    SELECT id FROM idempotency_answers WHERE created_at <= ? ORDER BY created_at LIMIT ${PRUNED_AT_ONCE})`
  const beforeMs = clock.now() - KEEP_MS
  for (let pruned = 0; ; ) {
    signal?.throwIfAborted()
    const [deleted] = await file.write([{ sql, params: [beforeMs] }])
    pruned += deleted?.changes ?? 0
    if ((deleted?.changes ?? 0) < PRUNED_AT_ONCE) return pruned
  }
}

async function hashBody(ctx: BaseContext): Promise<Buffer> {
  const length = Number(ctx.headers.get("content-length") ?? (ctx.request.body === null ? 0 : Number.NaN))
  if (!(length <= ctx.route.maxBodyBytes)) throw new IdempotencyKeyInvalid()
  return sha256(length === 0 ? "" : await ctx.request.clone().bytes())
}

function replay(kept: Kept, { id, bodyHash, sealer }: { id: string; bodyHash: Buffer; sealer: Sealer }): Response {
  if (!bodyHash.equals(kept.body_hash)) throw new IdempotencyKeyReused()
  const headers = { ...(JSON.parse(kept.head) as Record<string, string>), "idempotency-replayed": "true" }
  const body = sealer.open(kept.body, `idempotency:${id}`)
  return new Response(body.byteLength === 0 ? null : new Uint8Array(body), { status: kept.status, headers })
}

async function keep(
  response: Response,
  options: { file: SqliteFile; sealer: Sealer; clock: Clock; id: Buffer; bodyHash: Buffer },
): Promise<Response> {
  const { file, sealer, clock, id, bodyHash } = options
  if (response.status >= 500 || response.headers.has("set-cookie")) return response
  const body = await response.bytes()
  const { status, headers } = response
  if (body.byteLength <= MAX_KEPT_BYTES) {
    const head = JSON.stringify(
      Object.fromEntries(
        KEPT_HEADERS.flatMap((name) => [[name, headers.get(name)]]).filter(([, value]) => value !== null),
      ),
    )
    const sealed = sealer.seal(body, `idempotency:${id.toString("hex")}`)
    await file.write([
      {
        sql: "INSERT OR REPLACE INTO idempotency_answers (id, body_hash, status, head, body, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        params: [id, bodyHash, status, head, sealed, clock.now()],
      },
    ])
  }
  return new Response(body.byteLength === 0 ? null : body, { status, headers })
}

function sha256(data: string | Uint8Array): Buffer {
  return new Bun.CryptoHasher("sha256").update(data).digest()
}
