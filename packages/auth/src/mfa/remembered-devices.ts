import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { AuthSetupInvalid } from "../errors.ts"
import type { Asker } from "./factor.ts"
import { labelOf, type MfaCore } from "./mfa-core.ts"

export interface RememberedDevice {
  readonly id: string
  readonly label: string
  readonly createdMs: number
  readonly expiresMs: number
}

/** Devices on which a second factor need not be shown at each sign-in. They prove no factor: what asks for a step-up asks still. */
export interface RememberedDevices {
  /** Gives what the device keeps, in a cookie of its own. It must have proven a second factor just now. @throws {AUTH_STEP_UP_REQUIRED} */
  remember(asker: Asker, label?: string): Promise<{ readonly token: string; readonly expiresMs: number }>
  /** Whether a device is one of the user's, and not over or revoked. */
  isKnown(userId: string, token: string | undefined): Promise<boolean>
  list(userId: string): Promise<readonly RememberedDevice[]>
  /** @returns whether it was the user's. */
  revoke(userId: string, id: string): Promise<boolean>
  revokeAll(userId: string): Promise<number>
}

const KIND = "device"
const DAY_MS = 86_400_000
const MAX_DEVICES = 20
const TOKEN = /^([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/

export class LiveRememberedDevices implements RememberedDevices {
  readonly #core: MfaCore
  readonly #days: number

  constructor(core: MfaCore, days: number) {
    if (!Number.isInteger(days) || days < 1 || days > 365)
      throw new AuthSetupInvalid(`Expected \`deviceDays\` of 1 to 365, got ${days}.`)
    this.#core = core
    this.#days = days
  }

  async remember(asker: Asker, label?: string): Promise<{ readonly token: string; readonly expiresMs: number }> {
    await this.#core.requireStepUp(asker)
    const { store, clock } = this.#core
    const known = await store.list(asker.id, KIND)
    for (const { id } of known.slice(0, Math.max(0, known.length - MAX_DEVICES + 1))) await store.take(KIND, id)
    const [secret, createdMs] = [randomBytes(32).toString("base64url"), clock.now()]
    const expiresMs = createdMs + this.#days * DAY_MS
    const data = JSON.stringify({ label: labelOf(label, "A device") })
    await store.add({ kind: KIND, id: hash(secret), userId: asker.id, counter: 0, data, createdMs, expiresMs })
    // Signed for its user, so that one of another's is refused before anything is looked up.
    return { token: `${secret}.${this.#core.mac(KIND, asker.id, secret)}`, expiresMs }
  }
  async isKnown(userId: string, token: string | undefined): Promise<boolean> {
    const [, secret, mac] = TOKEN.exec(token ?? "") ?? []
    if (secret === undefined || !timingSafeEqual(Buffer.from(mac!), Buffer.from(this.#core.mac(KIND, userId, secret))))
      return false
    return (await this.#core.store.find(KIND, hash(secret)))?.userId === userId
  }
  async list(userId: string): Promise<readonly RememberedDevice[]> {
    return (await this.#core.store.list(userId, KIND)).map(({ id, data, createdMs, expiresMs = 0 }) => {
      const { label } = JSON.parse(data) as { readonly label: string }
      return { id, label, createdMs, expiresMs }
    })
  }
  async revoke(userId: string, id: string): Promise<boolean> {
    const isOwn = (await this.#core.store.list(userId, KIND)).some((device) => device.id === id)
    return isOwn && (await this.#core.store.take(KIND, id)) !== undefined
  }
  async revokeAll(userId: string): Promise<number> {
    return await this.#core.store.removeAll(userId, [KIND])
  }
}

function hash(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url")
}
