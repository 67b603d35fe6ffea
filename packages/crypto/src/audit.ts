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
 * `CRYPTO_AUDIT_FAILED`. The trail of `@ashlar/security/audit` fits, and so does any function.
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
