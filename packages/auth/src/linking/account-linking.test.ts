import { describe, expect, test } from "bun:test"
import {
  decideLinking,
  type LinkDecision,
  type LinkedAccounts,
  type LinkingOptions,
  type ProvenIdentity,
} from "./account-linking.ts"

const ANA = "ana@example.org"
const GOOGLE = "https://accounts.google.test"

/** Accounts: verified Ana, unverified Bob, and Cleo whose Google is linked. */
const accounts: LinkedAccounts = {
  findByIdentity: async (issuer, subject) => (issuer === GOOGLE && subject === "cleo-g" ? { id: "cleo" } : undefined),
  async findByEmail(email) {
    if (email === ANA) return { id: "ana", email, isVerified: true }
    if (email === "bob@example.org") return { id: "bob", email, isVerified: false }
    if (email === "cleo@example.org") return { id: "cleo", email, isVerified: true }
    return undefined
  },
}
const decide = (identity: Partial<ProvenIdentity>, options?: LinkingOptions): Promise<LinkDecision> =>
  decideLinking({ issuer: GOOGLE, subject: "s", isEmailVerified: true, ...identity }, accounts, options)

describe("an identity of elsewhere", () => {
  test("that is linked signs in, whatever its address is by now", async () => {
    for (const email of [undefined, ANA, "bob@example.org", "new@example.org"])
      for (const isEmailVerified of [true, false])
        expect(await decide({ subject: "cleo-g", email, isEmailVerified })).toEqual({
          action: "sign-in",
          userId: "cleo",
        })
  })
  test("is linked where both sides have verified the address, however it is written", async () => {
    for (const email of [ANA, " Ana@Example.ORG "])
      expect(await decide({ email })).toEqual({ action: "link", userId: "ana" })
  })
  test.each<[string, Partial<ProvenIdentity>, LinkingOptions, string]>([
    [
      "an issuer that does not verify: anybody may say this address",
      { email: ANA, isEmailVerified: false },
      {},
      "unverified-identity",
    ],
    [
      "an issuer whose word is not believed: any admin of a tenant writes it",
      { email: ANA },
      { trustsEmailOf: () => false },
      "unverified-identity",
    ],
    ["a text for true", { email: ANA, isEmailVerified: "true" as never }, {}, "unverified-identity"],
    ["an account that a stranger made of the address before", { email: "bob@example.org" }, {}, "unverified-account"],
    ["neither", { email: "bob@example.org", isEmailVerified: false }, {}, "unverified-identity"],
    ["another who is signed in", { subject: "cleo-g" }, { signedInAs: "ana" }, "linked-elsewhere"],
  ])("is not linked by %s", async (_what, identity, options, reason) => {
    expect(await decide(identity, options)).toEqual({ action: "refuse", reason: reason as never })
  })
  test("of the same subject at another issuer is another one", async () => {
    expect(await decide({ issuer: "https://evil.test", subject: "cleo-g", email: undefined })).toMatchObject({
      action: "create",
    })
    expect(await decide({ issuer: `${GOOGLE}/`, subject: "cleo-g", email: undefined })).toMatchObject({
      action: "create",
    })
  })
  test("is connected by who is signed in, whatever its address is", async () => {
    for (const email of [undefined, "other@example.org", "bob@example.org"])
      expect(await decide({ email, isEmailVerified: false }, { signedInAs: "ana" })).toEqual({
        action: "link",
        userId: "ana",
      })
  })
  test("makes an account, whose address is as verified as it was", async () => {
    const create = (email: string | undefined, isEmailVerified: boolean) =>
      ({ action: "create", email, isEmailVerified }) as const
    expect(await decide({ email: "New@example.org" })).toEqual(create("new@example.org", true))
    expect(await decide({ email: "new@example.org", isEmailVerified: false })).toEqual(create("new@example.org", false))
    for (const email of [undefined, "", "no address", "ana@example.org\n"])
      if (email !== "ana@example.org\n") expect(await decide({ email })).toEqual(create(undefined, false))
  })
  test("is not linked to an account that a careless store finds by a likeness", async () => {
    const careless = { ...accounts, findByEmail: async () => ({ id: "ana", email: ANA, isVerified: true }) }
    const decision = await decideLinking(
      { issuer: GOOGLE, subject: "s", email: "\u00e1na@example.org", isEmailVerified: true },
      careless,
    )
    expect(decision).toEqual({ action: "refuse", reason: "unverified-account" })
  })
})
