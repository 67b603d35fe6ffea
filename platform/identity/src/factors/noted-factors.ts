import type { SqliteFile } from "@ashlar/sqlite"
import type { AccountNote, NoteAccount } from "../account-notes.ts"
import type { AddedFactor, SecondFactors } from "./second-factors.ts"

/** The same factors, with every change noted. */
export function noteFactors(
  factors: SecondFactors,
  { file, note }: { readonly file: SqliteFile; readonly note: NoteAccount },
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
  return {
    ...factors,
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
