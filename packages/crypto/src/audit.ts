import { CryptoAuditFailed } from "./errors.ts"

/** What was done with a key or a secret, or was refused. Holds no key, no secret, and no text that was encrypted. */
export interface KeyEvent {
  /** In milliseconds since 1970. */
  readonly atMs: number
  /** `key.create`, `key.rotate`, `key.decrypt`, `secret.read` … */
  readonly action: string
  readonly tenant: string
  /** The key's or secret's name. */
  readonly name: string
  readonly version: number | null
  /** Whom `as` named; null for the program itself. */
  readonly caller: string | null
  /** The code of the error that refused it; null when it was done. */
  readonly refused: string | null
}

/**
 * Where what is done is written. It is awaited before a result is handed out: what cannot be written is refused with
 * `CRYPTO_AUDIT_FAILED`. Any function does; for a log whose entries hold each other, see {@link auditKeysTo}.
 */
export type KeyAudit = (event: KeyEvent) => void | Promise<void>

/** Does the work, and writes what became of it. */
export async function audited<T>(
  write: KeyAudit | undefined,
  about: Omit<KeyEvent, "refused">,
  work: () => Promise<T>,
): Promise<T> {
  if (write === undefined) return await work()
  let result: T
  try {
    result = await work()
  } catch (error) {
    const refused = error instanceof Error && "code" in error ? String(error.code) : "INTERNAL"
    await tell(write, { ...about, refused })
    throw error
  }
  await tell(write, { ...about, refused: null })
  return result
}

async function tell(write: KeyAudit, event: KeyEvent): Promise<void> {
  try {
    await write(event)
  } catch (cause) {
    throw new CryptoAuditFailed(undefined, { cause })
  }
}

/** Where {@link auditKeysTo} writes: what `openAudit` of `@ashlar/security/audit` gives is one. */
export interface KeyAuditLog {
  append(
    event: {
      readonly action: string
      readonly actor: { readonly type: string; readonly id: string }
      readonly target: { readonly type: string; readonly id: string }
      readonly outcome: "success" | "denied"
      readonly details: Readonly<Record<string, unknown>>
    },
    options: { readonly stream: string },
  ): Promise<unknown>
}

const NAME = /^[\w.-]{1,64}$/

/**
 * Writes what is done with keys and secrets to an audit log whose entries hold each other: one that is changed, left out or moved is
 * found by its `verify`.
 *
 * @param options.stream Default: one for each tenant, `keys/<tenant>` up to 100 characters.
 * @param options.actor Who acts where nobody is named by `as`. Default: `app`.
 * @example
 * const audit = openAudit(process.env.DATABASE_URL)
 * const keys = await openKeys({ root, store, audit: auditKeysTo(audit) })
 */
export function auditKeysTo(
  log: KeyAuditLog,
  options: { readonly stream?: string; readonly actor?: string } = {},
): KeyAudit {
  return async ({ action, tenant, name, version, caller, refused }) => {
    const type = action.startsWith("secret.") ? "secret" : "key"
    const event = {
      action,
      actor: { type: caller === null ? "program" : "grantee", id: caller ?? options.actor ?? "app" },
      // What somebody asked for may be any text; what there is has a name.
      target: { type, id: `${tenant}/${NAME.test(name) ? name : "(no name)"}` },
      outcome: refused === null ? "success" : "denied",
      details: { ...(version !== null && { version }), ...(refused !== null && { refused }) },
    } as const
    await log.append(event, { stream: options.stream ?? `keys/${tenant}`.slice(0, 100) })
  }
}
