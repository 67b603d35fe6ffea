import { argon2, randomBytes, timingSafeEqual } from "node:crypto"
import { promisify } from "node:util"

/** The least that OWASP advises for Argon2id: 19 MiB, two passes, one lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const
const HEADER = `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}`

const derive = promisify(argon2)

/** What may be kept of a password: a PHC string, with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return `${HEADER}$${encoded(salt)}$${encoded(await tagOf(password, salt))}`
}

/** Whether it is the password of a hash. Of nobody's account it takes as long to say no. */
export async function isPassword(password: string, hash: string = NOBODYS): Promise<boolean> {
  const [salt, tag] = hash.split("$").slice(-2) as [string, string]
  const given = await tagOf(password, Buffer.from(salt, "base64"))
  return timingSafeEqual(given, Buffer.from(tag, "base64")) && hash !== NOBODYS
}

const NOBODYS = `${HEADER}$${encoded(randomBytes(16))}$${encoded(randomBytes(COST.tagLength))}`

/** One password typed on two keyboards may differ in code points, so they are folded. */
async function tagOf(password: string, nonce: Uint8Array): Promise<Buffer> {
  return (await derive("argon2id", { message: password.normalize("NFKC"), nonce, ...COST })) as Buffer
}

function encoded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replaceAll("=", "")
}
