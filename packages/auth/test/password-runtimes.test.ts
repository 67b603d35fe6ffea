import { expect } from "bun:test"
import { join } from "node:path"
import { createPasswords } from "@ashlar/auth/passwords"
import { testOnRuntimes } from "@ashlar/core/testing/runtimes"

const password = "pässwörd \u{1f511} of U*U*"
const passwords = createPasswords({ memoryKib: 256, passes: 2, allowWeak: true })
testOnRuntimes(
  join(import.meta.dir, ".."),
  "hashes of Bun are read, and Bun reads what is made,",
  async () => ({
    password,
    hashes: [
      await passwords.hash(password),
      await Bun.password.hash(password, { algorithm: "argon2id", memoryCost: 256, timeCost: 2 }),
      await Bun.password.hash(password, { algorithm: "bcrypt", cost: 4 }),
    ],
  }),
  {
    program: "password-process",
    external: ["@node-rs/argon2", "bcryptjs"],
    said: async (text) => {
      const made = text.trim()
      expect(made).toStartWith("$argon2id$v=19$m=256,t=2,p=1$")
      expect([await passwords.verify(password, made), await Bun.password.verify(password, made)]).toEqual([true, true])
    },
  },
)
