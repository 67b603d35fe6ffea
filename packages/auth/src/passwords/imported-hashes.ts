import { createHash, pbkdf2, type ScryptOptions, scrypt } from "node:crypto"
import { DriverPackageMissing } from "@ashlar/core"
import { equalBytes, fromBase64, toBytes } from "./bytes.ts"

/** A kept hash of another system, ready to be compared with. */
export type ImportedHash = (password: string) => Promise<boolean>

/** What a kept hash may ask for. */
const MAX_BCRYPT_COST = 16
const MAX_ITERATIONS = 10_000_000
const MAX_SCRYPT_BYTES = 512 * 1024 * 1024

/**
 * Reads hashes that other systems keep: bcrypt (all), scrypt and PBKDF2 as PHC, passlib, Django, Werkzeug, ASP.NET Core Identity (3) and
 * Better Auth write them.
 *
 * @returns nothing for another text, or one that asks for more work than is sane.
 */
export function readImportedHash(text: string): ImportedHash | undefined {
  for (const read of READERS) {
    const found = read(text)
    if (found !== undefined) return found
  }
  return undefined
}

const READERS: readonly ((text: string) => ImportedHash | undefined)[] = [
  readBcrypt,
  readPhcScrypt,
  readWerkzeugScrypt,
  readDjangoScrypt,
  readBetterAuth,
  readPhcPbkdf2,
  readDjangoPbkdf2,
  readWerkzeugPbkdf2,
  readAspNet,
]

const BCRYPT = /^(bcrypt\$|bcrypt_sha256\$)?(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})$/

function readBcrypt(text: string): ImportedHash | undefined {
  const [, wrapped, hash, cost] = BCRYPT.exec(text) ?? []
  if (hash === undefined || Number(cost) < 4 || Number(cost) > MAX_BCRYPT_COST) return undefined
  if (wrapped !== "bcrypt_sha256$") return (password) => matchesBcrypt(password, hash)
  return (password) => matchesBcrypt(createHash("sha256").update(password).digest("hex"), hash)
}
/** The algorithm itself ends at 72 bytes; some runtimes hash longer ones before, which other systems do not. */
const BCRYPT_BYTES = 72

async function matchesBcrypt(password: string, hash: string): Promise<boolean> {
  const bytes = toBytes(password)
  // They would be other passwords elsewhere, or an end of the text.
  if (bytes.includes(0)) return false
  const runtime = globalThis as {
    readonly Bun?: { readonly password: { verify(a: Uint8Array, b: string): Promise<boolean> } }
  }
  if (runtime.Bun !== undefined) return await runtime.Bun.password.verify(bytes.slice(0, BCRYPT_BYTES), hash)
  const { default: library } = await import("bcryptjs").catch((cause: unknown) => {
    throw new DriverPackageMissing("Hashes of bcrypt need a package on this runtime. Run: npm install bcryptjs@3.0.3", {
      cause,
    })
  })
  return await library.compare(password, hash)
}

interface Scrypt {
  readonly n: number
  readonly r: number
  readonly p: number
  readonly salt: Uint8Array
  readonly tag: Uint8Array
}

function byScrypt({ n, r, p, salt, tag }: Scrypt, prepare = (password: string) => password): ImportedHash | undefined {
  const bytes = 128 * n * r + 128 * r * p
  const isSane =
    n > 1 && (n & (n - 1)) === 0 && r >= 1 && p >= 1 && p <= 16 && bytes <= MAX_SCRYPT_BYTES && tag.length >= 16
  if (!isSane) return undefined
  const options: ScryptOptions = { N: n, r, p, maxmem: bytes + 1024 * 1024 }
  return (password) =>
    new Promise((resolve, reject) => {
      scrypt(toBytes(prepare(password)), salt, tag.length, options, (error, made) =>
        error ? reject(error) : resolve(equalBytes(made, tag)),
      )
    })
}
function readPhcScrypt(text: string): ImportedHash | undefined {
  const found = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,2})\$([\w+/.]{2,172})\$([\w+/.]{22,172})$/.exec(text)
  if (found === null) return undefined
  const [, ln, r, p, salt, tag] = found
  return byScrypt({ n: 2 ** Number(ln), r: Number(r), p: Number(p), salt: adapted(salt!), tag: adapted(tag!) })
}
function readWerkzeugScrypt(text: string): ImportedHash | undefined {
  const found = /^scrypt:(\d{1,8}):(\d{1,3}):(\d{1,2})\$([A-Za-z0-9]{1,64})\$([0-9a-f]{32,256})$/.exec(text)
  if (found === null) return undefined
  const [, n, r, p, salt, tag] = found
  return byScrypt({ n: Number(n), r: Number(r), p: Number(p), salt: toBytes(salt!), tag: fromHex(tag!) })
}
function readDjangoScrypt(text: string): ImportedHash | undefined {
  const found = /^scrypt\$(\d{1,8})\$([^$]{1,128})\$(\d{1,3})\$(\d{1,2})\$([A-Za-z0-9+/]{22,172}={0,2})$/.exec(text)
  if (found === null) return undefined
  const [, n, salt, r, p, tag] = found
  return byScrypt({ n: Number(n), r: Number(r), p: Number(p), salt: toBytes(salt!), tag: fromBase64(tag!) })
}
function readBetterAuth(text: string): ImportedHash | undefined {
  const found = /^([0-9a-f]{32}):([0-9a-f]{128})$/.exec(text)
  if (found === null) return undefined
  const scrypt = { n: 16_384, r: 16, p: 1, salt: toBytes(found[1]!), tag: fromHex(found[2]!) }
  return byScrypt(scrypt, (password) => password.normalize("NFKC"))
}

interface Pbkdf2 {
  readonly digest: string
  readonly iterations: number
  readonly salt: Uint8Array
  readonly tag: Uint8Array
}

function byPbkdf2({ digest, iterations, salt, tag }: Pbkdf2): ImportedHash | undefined {
  if (iterations < 1 || iterations > MAX_ITERATIONS || tag.length < 16) return undefined
  return (password) =>
    new Promise((resolve, reject) => {
      pbkdf2(toBytes(password), salt, iterations, tag.length, digest, (error, made) =>
        error ? reject(error) : resolve(equalBytes(made, tag)),
      )
    })
}
function readPhcPbkdf2(text: string): ImportedHash | undefined {
  const found =
    /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?(\d{1,8})(?:,l=\d{1,3})?\$([\w+/.]{2,172})\$([\w+/.]{22,172})$/.exec(
      text,
    )
  if (found === null) return undefined
  const [, digest = "sha1", iterations, salt, tag] = found
  return byPbkdf2({ digest, iterations: Number(iterations), salt: adapted(salt!), tag: adapted(tag!) })
}
function readDjangoPbkdf2(text: string): ImportedHash | undefined {
  const found = /^pbkdf2_(sha1|sha256)\$(\d{1,8})\$([^$]{1,128})\$([A-Za-z0-9+/]{22,172}={0,2})$/.exec(text)
  if (found === null) return undefined
  const [, digest, iterations, salt, tag] = found
  return byPbkdf2({ digest: digest!, iterations: Number(iterations), salt: toBytes(salt!), tag: fromBase64(tag!) })
}
function readWerkzeugPbkdf2(text: string): ImportedHash | undefined {
  const found = /^pbkdf2:(sha1|sha256|sha512):(\d{1,8})\$([A-Za-z0-9]{1,64})\$([0-9a-f]{32,256})$/.exec(text)
  if (found === null) return undefined
  const [, digest, iterations, salt, tag] = found
  return byPbkdf2({ digest: digest!, iterations: Number(iterations), salt: toBytes(salt!), tag: fromHex(tag!) })
}
const ASP_NET_DIGESTS = ["sha1", "sha256", "sha512"] as const
const ASP_NET_HEADER = 13

/** One byte of version, then the digest, the iterations and the length of the salt in four bytes each. */
function readAspNet(text: string): ImportedHash | undefined {
  if (!/^AQ[A-Za-z0-9+/]{40,180}={0,2}$/.test(text)) return undefined
  const bytes = Buffer.from(text, "base64")
  const digest = ASP_NET_DIGESTS[bytes.readUInt32BE(1)]
  const saltBytes = bytes.readUInt32BE(9)
  if (bytes[0] !== 1 || digest === undefined || saltBytes < 8 || saltBytes > 64) return undefined
  const [salt, tag] = [
    bytes.subarray(ASP_NET_HEADER, ASP_NET_HEADER + saltBytes),
    bytes.subarray(ASP_NET_HEADER + saltBytes),
  ]
  return byPbkdf2({ digest, iterations: bytes.readUInt32BE(5), salt, tag })
}

/** passlib writes `.` for `+`. */
function adapted(text: string): Uint8Array {
  return fromBase64(text.replaceAll(".", "+"))
}
function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"))
}
