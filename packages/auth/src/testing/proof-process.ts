/** Signs somebody in, on whatever runtime this is, by what the suites try on Bun: over each URL that it is given. */
import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { createSealer } from "@ashlar/security"
import { createEmailFlows } from "../email/email-flows.ts"
import type { EmailMessage } from "../email/email-message.ts"
import { createMfa } from "../mfa/mfa.ts"
import { hotp, stepAt } from "../mfa/otp.ts"
import { openProofs } from "../proofs/open-proofs.ts"

const urls = JSON.parse(process.argv[2] ?? "[]") as string[]
const refused = { name: /^AUTH_/ }

for (const url of urls) {
  const store = await openProofs(url)
  const id = crypto.randomUUID()
  const account = { id, email: `${id}@example.org`, isVerified: true }
  const sent: EmailMessage[] = []
  const page = "https://app.test/confirm"
  const flows = createEmailFlows({
    store,
    keys: [randomBytes(32)],
    accounts: {
      find: async (name) => (name === id ? account : undefined),
      findByEmail: async (email) => (email === account.email ? account : undefined),
      markVerified: async () => undefined,
      revokeSessions: async () => undefined,
    },
    deliver: (message) => sent.push(message),
    pages: { verify: page, "sign-in": page, reset: page, "change-email": page },
  })
  const { handle } = await flows.askSignIn(account.email)
  await flows.settled()
  const [message] = sent
  assert.ok(message !== undefined && "code" in message && message.code !== undefined)
  const shown = { handle, code: message.code }
  const all = await Promise.allSettled([flows.signIn(shown), flows.signIn(shown), flows.signIn(shown)])
  assert.equal(all.filter(({ status }) => status === "fulfilled").length, 1, url)

  const mfa = createMfa({
    store,
    sealer: createSealer({ keys: { a: new Uint8Array(randomBytes(32)) }, current: "a" }),
    key: randomBytes(32),
    totp: { issuer: "Test" },
    passkeys: { rpId: "app.test", rpName: "Test", origins: ["https://app.test"] },
  })
  const asker = { id, amr: ["mfa"], authTimeMs: Date.now() }
  const { factorId, secret, qrSvg } = await mfa.totp.enrol(asker, account.email)
  assert.match(qrSvg, /^<svg/)
  const bits = [...secret].map((sign) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign).toString(2).padStart(5, "0"))
  const key = Uint8Array.from(bits.join("").match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
  const code = hotp(key, stepAt(Date.now(), 30), { digits: 6, algorithm: "SHA1" })
  await mfa.totp.confirm(id, factorId, { code })
  await assert.rejects(mfa.totp.verify(id, code), refused, url)
  const [recovery] = await mfa.recovery.generate(asker)
  assert.equal((await mfa.recovery.use(id, recovery ?? "")).left, 9)
  await assert.rejects(mfa.recovery.use(id, recovery ?? ""), refused, url)
  const options = await mfa.passkeys.registrationOptions(asker, { name: account.email })
  assert.equal(options.rp.id, "app.test")
  await assert.rejects(mfa.passkeys.signIn({} as never), refused, url)
  await mfa.reset(id)
  await store.close()
}
console.log("all is well")
process.exit(0)
