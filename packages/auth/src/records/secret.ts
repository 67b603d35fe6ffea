import { createHash, randomBytes } from "node:crypto"

/** A secret that nobody guesses: 32 random bytes, 43 characters of base64url. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url")
}

/**
 * What a secret is found by. A secret of 256 random bits needs no slow hash: nobody can try them all. Looking up the hash also tells
 * nothing by its time, since whoever asks cannot choose what it begins with.
 */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex")
}

/** Names what belongs to one owner, whatever characters and cases a database takes for equal. */
export function ownerKey(owner: string): string {
  return hashOf(`owner:${owner}`)
}
