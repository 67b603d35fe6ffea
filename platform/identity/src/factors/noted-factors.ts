import type { SqliteFile } from "@ashlar/sqlite"
import type { AccountNote, NoteAccount } from "../account-notes.ts"
import type { AddedFactor, SecondFactors } from "./second-factors.ts"

/** The same factors, with every change noted. */
export function noteFactors(
  factors: SecondFactors,
  {
    file,
    note,
    find,
  }: {
    readonly file: SqliteFile
    readonly note: NoteAccount
    find(userId: string): AccountNote["user"] | undefined
  },
): SecondFactors {
  const write = async (noted: AccountNote): Promise<void> => {
    const statements = note(noted)
    if (statements.length > 0) await file.write(statements)
  }
  const added = async (user: AccountNote["user"], made: AddedFactor): Promise<AddedFactor> => {
    const { id: factorId, kind, label } = made.factor
    await write({ user, action: "account.factor.add", details: { factorId, kind, label } })
    return made
  }
  const { state, enrolApp, passkeyCreation, rename, passkeyRequest, prove, proveAlone, kinds, reset } = factors
  return {
    ...{ state, enrolApp, passkeyCreation, rename, passkeyRequest, prove, proveAlone, kinds, reset },
    // Asked each time: an install learns where passkeys are for when it listens.
    get policy() {
      return factors.policy
    },
    devices: {
      ...factors.devices,
      async remember(who, label) {
        const given = await factors.devices.remember(who, label)
        const details = { label: label ?? null, expiresAt: new Date(given.expiresMs).toISOString() }
        await write({ user: who.user, action: "account.device.remember", details })
        return given
      },
      async forget(userId, deviceId) {
        await factors.devices.forget(userId, deviceId)
        const user = find(userId)
        if (user !== undefined) await write({ user, action: "account.device.forget", details: { deviceId } })
      },
    },
    confirmApp: async (who, proof) => added(who.user, await factors.confirmApp(who, proof)),
    addPasskey: async (who, passkey, label) => added(who.user, await factors.addPasskey(who, passkey, label)),
    async renewRecoveryCodes(who) {
      const codes = await factors.renewRecoveryCodes(who)
      await write({ user: who.user, action: "account.recovery-codes", details: { count: codes.length } })
      return codes
    },
    async remove(who, factorId) {
      const { id } = who.user
      const gone = (await factors.state(id)).factors.find((factor) => factor.id === factorId)
      await factors.remove(who, factorId)
      const details = { factorId, ...(gone !== undefined && { kind: gone.kind, label: gone.label }) }
      await write({ user: who.user, action: "account.factor.remove", details })
    },
  }
}
