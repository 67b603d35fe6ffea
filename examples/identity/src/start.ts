/** `npm start`: on PORT, with what is kept in `data`. */
import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createIdentityApp } from "./app.ts"

const { PORT = "4000", HOST = "127.0.0.1", DATA = "data" } = process.env
const { OIDC_TEST_CLIENT: id, OIDC_TEST_SECRET: secret, OIDC_TEST_REDIRECT: redirect } = process.env
const { OIDC_TEST_USER: user, OIDC_TEST_PASSWORD: password } = process.env

mkdirSync(DATA, { recursive: true })
const { app, parts, close } = await createIdentityApp({
  origin: `http://127.0.0.1:${PORT}`,
  database: `sqlite:${join(DATA, "identity.db")}`,
  secret: keptSecret(join(DATA, "secret")),
  clients:
    id && secret && redirect ? [{ id, name: id, secret, redirectUris: redirect.split(/[\s,]+/).filter(Boolean) }] : [],
})
if (user && password) await keepUser(user.toLowerCase(), password)

const { url } = await app.listen({ port: Number(PORT), host: HOST, signals: true })
console.log(`Identity at ${url}, mail at ${url}/mail, passkeys at ${parts.passkeyOrigin}`)
process.once("exit", () => void close())

/** The key of all keys. A real one is in a vault. */
function keptSecret(path: string): Uint8Array {
  if (!existsSync(path)) writeFileSync(path, randomBytes(32), { mode: 0o600 })
  return new Uint8Array(readFileSync(path))
}
/** A person for trying out, whose password is set to what was asked for. */
async function keepUser(name: string, given: string): Promise<void> {
  const email = name.includes("@") ? name : `${name}@example.org`
  const known = await parts.people.findByLogin(name)
  const hash = await parts.passwords.hash(given)
  if (known !== undefined) return await parts.people.setPasswordHash(known.id, hash)
  await parts.people.create({ email, username: name.includes("@") ? null : name, is_verified: 1, password_hash: hash })
}
