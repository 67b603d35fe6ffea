/** `npm start`: on PORT, with what is kept in `data`. The README names all variables. */
import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createIdentityApp } from "./app.ts"
import { createPractice } from "./practice.ts"
import { providersOf } from "./providers.ts"

const {
  PORT = "4000",
  HOST = "127.0.0.1",
  DATA = "data",
  ORIGIN = `http://127.0.0.1:${PORT}`,
  TRUSTED_PROXIES = "",
} = process.env
const { OIDC_TEST_CLIENT: id, OIDC_TEST_SECRET: secret, OIDC_TEST_REDIRECT: redirect } = process.env
const { OIDC_TEST_USER: user, OIDC_TEST_PASSWORD: password } = process.env

mkdirSync(DATA, { recursive: true })
const kept = keptSecret(join(DATA, "secret"))
const configured = providersOf(process.env)
const practice =
  configured.length === 0 && process.env.NODE_ENV !== "production" ? createPractice(ORIGIN, kept) : undefined
const { app, parts, close } = await createIdentityApp({
  origin: ORIGIN,
  database: `sqlite:${join(DATA, "identity.db")}`,
  secret: kept,
  providers: practice === undefined ? configured : [practice.provider],
  practice: practice?.server,
  trustedProxies: listOf(TRUSTED_PROXIES),
  clients: id && secret && redirect ? [{ id, name: id, secret, redirectUris: listOf(redirect) }] : [],
})
if (user && password) await keepUser(user.toLowerCase(), password)

const { url } = await app.listen({ port: Number(PORT), host: HOST, signals: true })
console.log(`Identity at ${url}, mail at ${url}/mail, passkeys at ${parts.passkeyOrigin}`)
if (practice !== undefined) console.log(`Sign-in with another provider, for practice: ${practice.hint}`)
process.once("exit", () => void close())

function listOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter(Boolean)
}
/** The key of all keys. A real one is in a vault. */
function keptSecret(path: string): Uint8Array {
  if (!existsSync(path)) writeFileSync(path, randomBytes(32), { mode: 0o600 })
  return new Uint8Array(readFileSync(path))
}
/** A person for trying out, whose password is set to what was asked for. */
async function keepUser(name: string, given: string): Promise<void> {
  const email = name.includes("@") ? name : `${name}@example.org`
  const known = await parts.people.findByLogin(name)
  const hash = await parts.accounts.passwords.hash(given)
  if (known !== undefined) return await parts.people.setPasswordHash(known.id, hash)
  await parts.people.create({ email, username: name.includes("@") ? null : name, is_verified: 1, password_hash: hash })
}
