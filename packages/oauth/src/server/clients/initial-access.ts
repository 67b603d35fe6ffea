import { OAuthOptionInvalid } from "../../errors.ts"
import type { Parts } from "../parts.ts"
import { hashOf, Records, randomToken } from "../store/records.ts"
import type { OAuthStore } from "../store/store.ts"

export interface InitialAccess {
  /** How many clients may register with it: 1 to 1,000. Default: 1. */
  readonly uses?: number
  /** Default: a day. At most 400 days. */
  readonly seconds?: number
}
interface InitialRecord {
  readonly left: number
  readonly untilMs: number
}

const MAX_USES = 1_000
const DAY = 86_400

export async function createInitialAccess(
  parts: Parts,
  { uses = 1, seconds = DAY }: InitialAccess = {},
): Promise<string> {
  if (parts.settings.registration === undefined)
    throw new OAuthOptionInvalid("Expected the option registration, without which no client can register itself.")
  const isFine = Number.isInteger(uses) && uses >= 1 && uses <= MAX_USES && seconds >= 1 && seconds <= 400 * DAY
  if (!isFine) throw new OAuthOptionInvalid(`Expected uses to be 1 to ${MAX_USES}, and seconds at most 400 days.`)
  const token = randomToken()
  const untilMs = parts.now() + seconds * 1000
  await initials(parts.store).add(hashOf(token), { left: uses, untilMs }, untilMs)
  return token
}

/** @returns whether one more client may register with it. */
export async function isInitialAccess({ store }: Parts, token: string): Promise<boolean> {
  return (await initials(store).get(hashOf(token))) !== undefined
}

/** Takes one use. Of all who take at once as many may as there are left. */
export async function takeInitialAccess({ store }: Parts, token: string): Promise<boolean> {
  const records = initials(store)
  for (;;) {
    const kept = await records.get(hashOf(token))
    if (kept === undefined) return false
    const { left, untilMs } = kept.value
    const isTaken =
      left > 1 ? await records.change(kept, { left: left - 1, untilMs }, untilMs) : await records.remove(kept.id)
    if (isTaken) return true
  }
}

function initials(store: OAuthStore): Records<InitialRecord> {
  return new Records(store, "initial")
}
