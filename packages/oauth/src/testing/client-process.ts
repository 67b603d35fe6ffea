/** Signs in, on whatever runtime this is: by a fake provider, by our own server over a real socket, and by an Ethereum account. */
import assert from "node:assert/strict"
import { generateKeyPairSync, randomBytes } from "node:crypto"
import { createApp } from "@ashlar/http"
import { createSealer } from "@ashlar/security"
import { secp256k1 } from "@noble/curves/secp256k1.js"
import { keccak_256 } from "@noble/hashes/sha3.js"
import { bytesToHex } from "@noble/hashes/utils.js"
import { apple, createOAuthClient, createTokenVault, oauthRoutes, oidc } from "../client/index.ts"
import { checksumAddress, createEthereumSignIn } from "../ethereum/index.ts"
import { personalHash } from "../ethereum/signature.ts"
import { createOAuthServer } from "../server/server.ts"
import { fakeProvider } from "./fake-provider.ts"
import { listenFirst } from "./late-server.ts"

const url = "https://app.example"
const sealer = createSealer({ keys: { a: randomBytes(32) }, current: "a" })
const pem = { type: "pkcs8", format: "pem" } as const
const privateKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export(pem)

const provider = apple({ clientId: "web", teamId: "TEAM", keyId: "KEY", privateKey })
const fake = fakeProvider(provider)
const client = createOAuthClient({ url, sealer, providers: [provider], fetch: fake.fetch })
const app = createApp()
app.add(oauthRoutes({ client, onSignIn: (ctx, { identity }) => ctx.json({ name: identity.name }) }))
const started = await app.fetch(new Request(`${url}/sign-in/apple`))
const posted = await app.fetch((await fake.signIn(started.headers.get("location") ?? "")).toRequest())
const cookie = [started, posted].map((one) => one.headers.getSetCookie()[0]!.split(";", 1)[0]).join("; ")
const done = await app.fetch(new Request(posted.headers.get("location") ?? "", { headers: { cookie } }))
assert.deepEqual(await done.json(), { name: "Ana Example" })

const late = await listenFirst()
const issuer = late.origin
const server = createOAuthServer({
  issuer,
  clients: [{ id: "app", secret: "a secret of 32 letters and more!!", redirectUris: [`${url}/sign-in/own/callback`] }],
  people: { current: () => ({ id: "person-1", authTimeMs: Date.now() }), signIn: () => undefined },
})
const own = createApp()
own.add(server.routes)
late.serve(own)
const peer = oidc({ name: "own", issuer, clientId: "app", clientSecret: "a secret of 32 letters and more!!" })
const other = createOAuthClient({ url, sealer, providers: [peer] })
const begun = await other.begin("own")
assert.ok(begun.url.searchParams.has("request_uri"))
const page = await (await fetch(begun.url, { redirect: "manual" })).text()
assert.match(page, /<form/)
const vault = createTokenVault({ client: other, store: "memory:" })
assert.equal(await vault.fresh("u", "own"), undefined)
await late.stop()

const ethereum = createEthereumSignIn({ origin: url })
const key = secp256k1.utils.randomSecretKey()
const hash = keccak_256(secp256k1.getPublicKey(key, false).subarray(1))
const address = checksumAddress(`0x${bytesToHex(hash.subarray(12))}`)
const message = await ethereum.begin({ address, chainId: 1, browser: "b" })
const made = secp256k1.sign(personalHash(message), key, { prehash: false, format: "recovered" })
const signature = `0x${bytesToHex(made.subarray(1))}${(27 + made[0]!).toString(16)}`
const { identity } = await ethereum.verify({ message, signature, browser: "b" })
assert.equal(identity.subject, `eip155:1:${address}`)
await assert.rejects(ethereum.verify({ message, signature, browser: "b" }), { code: "OAUTH_ETHEREUM_INVALID" })

console.log("all is well")
process.exit(0)
