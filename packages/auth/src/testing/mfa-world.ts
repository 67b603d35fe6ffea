import { createHash, createHmac } from "node:crypto"
import { type ManualClock, manualClock } from "@ashlar/core"
import { createSealer } from "@ashlar/security"
import type { Asker } from "../mfa/factor.ts"
import { createMfa, type Mfa, type MfaOptions } from "../mfa/mfa.ts"
import type { CodeMessage } from "../mfa/sent-codes.ts"
import { MemoryProofs } from "../proofs/drivers/memory.ts"
import type { ProofStore } from "../proofs/proof-store.ts"

/** Second factors over a store, with an authenticator app, for tests. */
export interface MfaWorld {
  readonly clock: ManualClock
  readonly store: ProofStore
  readonly mfa: Mfa
  readonly sent: CodeMessage[]
  /** Who proved who they are just now. */
  asker(id: string, amr?: readonly string[]): Asker
  /** Enrols an app, and gives what shows its codes; their first one is used up. */
  enrolled(id: string): Promise<{ readonly factorId: string; readonly secret: string }>
  /** What an app shows, so many steps from now. */
  codeOf(secret: string, steps?: number): string
}

const seal = createHash("sha256").update("a key for tests").digest()

export function mfaWorld(options: Partial<MfaOptions> & { readonly clock?: ManualClock } = {}): MfaWorld {
  const { clock = manualClock(), ...rest } = options
  const store = options.store ?? new MemoryProofs(100_000, clock)
  const sent: CodeMessage[] = []
  const mfa = createMfa({
    store,
    sealer: createSealer({ keys: { a: new Uint8Array(seal) }, current: "a" }),
    key: "a key of thirty-two bytes or more",
    totp: { issuer: "Test" },
    passkeys: { rpId: "localhost", rpName: "Test", origins: ["http://localhost"] },
    sentCodes: { send: (message) => sent.push(message), perHour: 100 },
    clock,
    ...rest,
  })
  const asker = (id: string, amr: readonly string[] = ["pwd"]): Asker => ({ id, amr, authTimeMs: clock.now() })
  const codeOf = (secret: string, steps = 0): string => appCode(secret, Math.floor(clock.now() / 30_000) + steps)
  return {
    clock,
    store,
    mfa,
    sent,
    asker,
    codeOf,
    async enrolled(id) {
      const { factorId, secret } = await mfa.totp.enrol(asker(id, ["pwd", "mfa"]), `${id}@example.org`)
      await mfa.totp.confirm(id, factorId, { code: codeOf(secret), label: "Phone" })
      return { factorId, secret }
    },
  }
}

/** An app of another hand than ours: by RFC 6238 with numbers of any size. */
function appCode(secret: string, step: number): string {
  let bits = ""
  for (const sign of secret) bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign).toString(2).padStart(5, "0")
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)))
  const mac = createHmac("sha1", key)
    .update(Buffer.from(step.toString(16).padStart(16, "0"), "hex"))
    .digest("hex")
  const offset = Number.parseInt(mac.at(-1)!, 16) * 2
  const number = BigInt(`0x${mac.slice(offset, offset + 8)}`) & 0x7fffffffn
  return (number % 1_000_000n).toString().padStart(6, "0")
}
