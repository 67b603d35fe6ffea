/** Hashes and verifies, on whatever runtime this is, what it is given, and prints a hash of its own. */
import assert from "node:assert/strict"
import { createPasswords } from "../passwords/passwords.ts"

const { password, hashes } = JSON.parse(process.argv[2] ?? "{}") as { password: string; hashes: string[] }
const passwords = createPasswords({ memoryKib: 256, passes: 2, allowWeak: true })
for (const hash of hashes) {
  assert.equal(await passwords.verify(password, hash), true, hash)
  assert.equal(await passwords.verify(`${password}.`, hash), false, hash)
}
assert.equal(await passwords.verify(password, undefined), false)
console.log(await passwords.hash(password))
process.exit(0)
