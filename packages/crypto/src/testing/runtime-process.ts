/** Does once, on whatever runtime this is, what the suites do on Bun: over each store that it is given. */
import assert from "node:assert/strict"
import { createSecrets, openKeys } from "../index.ts"
import { openRootKey } from "../root-keys/index.ts"
import { keyStoreDrivers } from "../stores/open-store.ts"

const { root, stores } = JSON.parse(process.argv[2] ?? "{}") as { root: string; stores: string[] }
const context = { table: "users", row: "7" }
for (const url of stores) {
  const store = await keyStoreDrivers.open(url)
  const keys = await openKeys({ root: await openRootKey(root), store, tenant: `t-${crypto.randomUUID()}` })
  await keys.create({ name: "a" })
  const sealed = await keys.encrypt("a", "text", context)
  await keys.rotate("a")
  assert.equal(await keys.decryptText("a", sealed, context), "text", url)
  const fresh = await keys.rewrap("a", sealed, context)
  assert.deepEqual([await keys.isOld("a", sealed), await keys.isOld("a", fresh)], [true, false])
  await assert.rejects(keys.decrypt("a", fresh, { ...context, row: "8" }), { code: "CRYPTO_CIPHERTEXT_INVALID" })
  for (const algorithm of ["RS256", "PS256", "ES256", "ES384", "EdDSA"] as const) {
    const name = algorithm.toLowerCase()
    await keys.create({ name, algorithm, modulusBits: 2_048 })
    const signature = await keys.sign(name, "text")
    assert.equal(await keys.verify(name, "text", signature), true, algorithm)
    assert.equal(await keys.verify(name, "other", signature), false, algorithm)
    assert.equal((await keys.publicKeys(name))[0]?.jwk.alg, algorithm)
  }
  await keys.create({ name: "m", algorithm: "HS256" })
  assert.equal(await keys.verifyMac("m", "text", await keys.mac("m", "text")), true)
  const secrets = createSecrets({ keys, store })
  await secrets.set("s", "value")
  assert.equal((await secrets.get("s")).value, "value")
  await keys.shred("a")
  await assert.rejects(keys.decrypt("a", fresh, context), { code: "CRYPTO_KEY_DESTROYED" })
  await keys.close()
}
console.log("all is well")
process.exit(0)
