import { afterAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "@ashlar/cache/testing/databases"
import { parseDriverUrl } from "@ashlar/core"
import { startAwsKms } from "../testing/aws-kms-server.ts"
import { describeRootKey } from "../testing/root-key-suite.ts"
import { findSoftHsm } from "../testing/soft-hsm.ts"
import { startVault } from "../testing/vault-server.ts"
import { rootKeyDrivers } from "./drivers.ts"
import { localRootKey } from "./local.ts"
import { openRootKey } from "./open-root-key.ts"
import { openPkcs11 } from "./pkcs11.ts"

const folder = temporaryFolder()
const context = { purpose: "test", key: "a" }
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => "no error",
    (error: { code?: unknown }) => String(error.code),
  )

describeRootKey("a file", {
  open: () => openRootKey(`file:${join(folder, "suite.key")}?create=true`),
  other: () => openRootKey(`file:${join(folder, "other.key")}?create=true`),
})
process.env.ASHLAR_TEST_ROOT = randomBytes(32).toString("base64")
process.env.ASHLAR_TEST_OTHER_ROOT = randomBytes(32).toString("hex")
describeRootKey("the environment", {
  open: () => openRootKey("env:ASHLAR_TEST_ROOT"),
  other: () => openRootKey("env:ASHLAR_TEST_OTHER_ROOT"),
})

const aws = startAwsKms()
afterAll(() => aws.stop())
const awsUrl = (key: string, more = ""): string =>
  `awskms://${aws.login}@/alias/${key}?region=eu-central-1&endpoint=${encodeURIComponent(aws.url)}${more}`
describeRootKey("AWS KMS", { open: () => openRootKey(awsUrl("root")), other: () => openRootKey(awsUrl("other")) })

const vault = startVault()
afterAll(() => vault.stop())
const vaultUrl = (key: string, more = ""): string =>
  `vault://:${vault.token}@127.0.0.1:${vault.port}/transit/${key}?tls=off${more}`
describeRootKey("Vault", { open: () => openRootKey(vaultUrl("root")), other: () => openRootKey(vaultUrl("other")) })

const hsm = findSoftHsm()
if (hsm !== undefined) {
  const token = hsm.makeToken()
  const open = (object: string, more = "&create=true") => {
    const url = parseDriverUrl(`pkcs11:token=${token.label};object=${object}?module-path=${hsm.module}`)
    const options = { "module-path": hsm.module, "pin-source": undefined, "pin-value": token.pin, create: more !== "" }
    return openPkcs11(url, options, hsm.binding)
  }
  describeRootKey("SoftHSM", { open: () => open("root"), other: () => open("other") })
  describe("a PKCS #11 token", () => {
    test("gives its key to nobody, and a wrong PIN nothing", async () => {
      const root = await open("sensitive")
      expect(hsm.readValue(token.label, token.pin, "sensitive")).toMatch(/SENSITIVE|UNEXTRACTABLE/)
      const wrapped = await root.wrap(randomBytes(32), context)
      expect((await (await open("sensitive", "")).unwrap(wrapped, context)).length).toBe(32)
      expect(await codeOf(open("none", ""))).toBe("CRYPTO_ROOT_KEY_MISSING")
      await root.close()
      expect(await codeOf(root.unwrap(wrapped, context))).toBe("CRYPTO_CLOSED")
    })
    test("takes its PIN from a file, and says what is missing", async () => {
      const place = `pkcs11:token=${token.label};object=root?module-path=${hsm.module}`
      const pin = join(folder, "pin")
      writeFileSync(pin, `${token.pin}\n`)
      const options = { "module-path": hsm.module, "pin-value": undefined, create: false }
      const from = (source: string | undefined, url = place) =>
        openPkcs11(parseDriverUrl(url), { ...options, "pin-source": source }, hsm.binding)
      expect((await from(`file:${pin}`)).id).toStartWith("pkcs11:")
      expect(await codeOf(from(`file:${pin}.none`))).toBe("CRYPTO_ROOT_KEY_REFUSED")
      expect(await codeOf(from("env:ASHLAR_NO_PIN"))).toBe("CRYPTO_ROOT_KEY_REFUSED")
      expect(await codeOf(from(undefined))).toBe("CRYPTO_ROOT_KEY_INVALID")
      for (const url of ["pkcs11:token=a", "pkcs11:object=a", "pkcs11:token=a;object=b;pin-value=1234"])
        expect(await codeOf(from(`file:${pin}`, url))).toBe("CRYPTO_ROOT_KEY_INVALID")
    })
  })
}

describe("the file of a root key", () => {
  const path = (name: string): string => join(folder, name)
  test("is made once, for its owner alone, and never without being asked", async () => {
    expect(await codeOf(openRootKey(`file:${path("fresh.key")}`))).toBe("CRYPTO_ROOT_KEY_MISSING")
    const roots = await Promise.all(
      Array.from({ length: 10 }, () => openRootKey(`file:${path("fresh.key")}?create=true`)),
    )
    expect(new Set(roots.map(({ id }) => id)).size).toBe(1)
    expect([statSync(path("fresh.key")).mode & 0o777, statSync(path("fresh.key")).size]).toEqual([0o600, 32])
    expect(readdirSync(folder).filter((name) => name.startsWith("fresh.key."))).toEqual([])
  })
  test.each([0o640, 0o604, 0o660, 0o601, 0o610])("is refused with mode %o", async (mode) => {
    writeFileSync(path("exposed.key"), randomBytes(32))
    chmodSync(path("exposed.key"), mode)
    expect(await codeOf(openRootKey(`file:${path("exposed.key")}`))).toBe("CRYPTO_ROOT_KEY_EXPOSED")
  })
  test("is refused when it is no key", async () => {
    const bad: readonly (readonly [string, Uint8Array])[] = [
      ["short", randomBytes(31)],
      ["long", randomBytes(33)],
      ["empty", Buffer.alloc(0)],
      ["zeros", Buffer.alloc(32)],
      ["typed", Buffer.from("correct horse battery correct ho")],
    ]
    for (const [name, bytes] of bad) {
      writeFileSync(path(name), bytes, { mode: 0o600 })
      expect(await codeOf(openRootKey(`file:${path(name)}`))).toBe("CRYPTO_ROOT_KEY_INVALID")
    }
    mkdirSync(path("folder.key"))
    symlinkSync(path("folder.key"), path("link.key"))
    for (const name of ["folder.key", "link.key"])
      expect(await codeOf(openRootKey(`file:${path(name)}?create=true`))).toBe("CRYPTO_ROOT_KEY_INVALID")
    expect(await codeOf(openRootKey(`file:${path("no/where.key")}?create=true`))).toBe("CRYPTO_ROOT_KEY_MISSING")
    expect(await codeOf(openRootKey("file://host/x.key"))).toBe("CRYPTO_ROOT_KEY_INVALID")
  })
  test("opens what the platform made, for it is the same file", async () => {
    writeFileSync(path("bytes.key"), randomBytes(32), { mode: 0o600 })
    const [here, there] = [
      await openRootKey(`file://${path("bytes.key")}`),
      localRootKey(readFileSync(path("bytes.key")), "file"),
    ]
    expect(await there.unwrap(await here.wrap(Buffer.from("ab"), context), context)).toEqual(Uint8Array.of(97, 98))
    await here.close()
    expect(await codeOf(here.wrap(randomBytes(32), context))).toBe("CRYPTO_CLOSED")
  })
})

describe("the variable of a root key", () => {
  test("is refused when it is missing, or no key", async () => {
    expect(await codeOf(openRootKey("env:ASHLAR_NOT_SET"))).toBe("CRYPTO_ROOT_KEY_MISSING")
    for (const text of ["secret", "a".repeat(44), randomBytes(31).toString("base64"), "0".repeat(64)]) {
      process.env.ASHLAR_TEST_BAD = text
      const error = await openRootKey("env:ASHLAR_TEST_BAD").catch((cause: Error) => cause)
      expect(error).toMatchObject({ code: "CRYPTO_ROOT_KEY_INVALID" })
      expect(String((error as Error).message)).not.toContain(text)
    }
    expect(await codeOf(openRootKey("env:A-B"))).toBe("CRYPTO_ROOT_KEY_INVALID")
  })
  test("is taken away when that is asked for", async () => {
    process.env.ASHLAR_TEST_FORGET = randomBytes(32).toString("base64url")
    await openRootKey("env:ASHLAR_TEST_FORGET?forget=true")
    expect("ASHLAR_TEST_FORGET" in process.env).toBe(false)
  })
})

describe("a service that holds a root key", () => {
  const services = [
    ["AWS KMS", aws, awsUrl],
    ["Vault", vault, vaultUrl],
  ] as const
  test.each(services)("%s is asked again when it is busy, and not for ever", async (_, service, url) => {
    const root = await openRootKey(url("root"))
    service.faults.push(new Response("x", { status: 503 }), new Response("x", { status: 429 }))
    const wrapped = await root.wrap(randomBytes(32), context)
    service.faults.push(...Array.from({ length: 3 }, () => new Response("secret words", { status: 500 })))
    const error = await root.unwrap(wrapped, context).catch((cause: Error) => cause)
    expect(error).toMatchObject({ code: "CRYPTO_ROOT_KEY_UNAVAILABLE" })
    expect(JSON.stringify(error)).not.toContain("secret words")
    const impatient = await openRootKey(url("root", "&timeoutMs=100&attempts=1"))
    service.faults.push("hang")
    expect(await codeOf(impatient.unwrap(wrapped, context))).toBe("CRYPTO_ROOT_KEY_UNAVAILABLE")
  })
  test.each(services)("%s that answers nonsense, or sends elsewhere, is not followed", async (_, service, url) => {
    const root = await openRootKey(url("root", "&attempts=1"))
    const before = service.requests.length
    for (const answer of [
      Response.json({}),
      Response.json({ data: { ciphertext: 7 }, CiphertextBlob: 7 }),
      new Response("<html>"),
      new Response("x".repeat(100_000)),
    ]) {
      service.faults.push(answer)
      expect(await codeOf(root.wrap(randomBytes(32), context))).toBe("CRYPTO_ROOT_KEY_UNAVAILABLE")
    }
    service.faults.push(new Response(null, { status: 307, headers: { location: `${service.url}/elsewhere` } }))
    expect(await codeOf(root.wrap(randomBytes(32), context))).toBe("CRYPTO_ROOT_KEY_REFUSED")
    expect(service.requests.length).toBe(before + 5)
  })
  test("a wrong login, a missing key and a wrong place are said without secrets", async () => {
    const wrongAws = awsUrl("root").replace("aws-secret-for-tests", "another-secret")
    const wrongVault = vaultUrl("root").replace(vault.token, "another-token")
    for (const url of [wrongAws, wrongVault]) {
      const root = await openRootKey(url)
      const error = await root.wrap(randomBytes(32), context).catch((cause: Error) => cause)
      expect(error).toMatchObject({ code: "CRYPTO_ROOT_KEY_REFUSED" })
      expect(`${error} ${JSON.stringify(error)}`).not.toMatch(/another-secret|another-token/)
    }
    for (const url of [awsUrl("none"), vaultUrl("none")])
      expect(await codeOf(openRootKey(url).then((root) => root.wrap(randomBytes(32), context)))).toBe(
        "CRYPTO_ROOT_KEY_MISSING",
      )
    const { AWS_ACCESS_KEY_ID, VAULT_TOKEN } = process.env
    delete process.env.AWS_ACCESS_KEY_ID
    delete process.env.VAULT_TOKEN
    for (const [url, code] of [
      ["awskms:///alias/a?region=eu-central-1", "CRYPTO_ROOT_KEY_REFUSED"],
      ["vault://localhost/transit/a", "CRYPTO_ROOT_KEY_REFUSED"],
      ["vault://:t@vault.example.com/transit/a?tls=off", "CRYPTO_ROOT_KEY_INVALID"],
      ["vault://:t@localhost/transit/../a", "CRYPTO_ROOT_KEY_INVALID"],
      ["vault://:t@localhost/a", "CRYPTO_ROOT_KEY_INVALID"],
      ["awskms://a:b@host/alias/a?region=eu-central-1", "CRYPTO_ROOT_KEY_INVALID"],
      ["awskms://a:b@/alias/a?region=eu-central-1&endpoint=ftp%3A%2F%2Fa", "CRYPTO_ROOT_KEY_INVALID"],
      ["awskms://a:b@/alias/a", "CORE_DRIVER_OPTION_INVALID"],
      ["s3:x", "CORE_DRIVER_UNKNOWN"],
    ] as const)
      expect([url, await codeOf(openRootKey(url))]).toEqual([url, code])
    if (AWS_ACCESS_KEY_ID !== undefined) process.env.AWS_ACCESS_KEY_ID = AWS_ACCESS_KEY_ID
    if (VAULT_TOKEN !== undefined) process.env.VAULT_TOKEN = VAULT_TOKEN
  })
  test("what they promise is data, and a PIN is no part of a message", () => {
    expect(rootKeyDrivers.guarantees("pkcs11:x")).toEqual({ staysOutside: true, auditsUse: false })
    expect(rootKeyDrivers.guarantees("file:x")).toMatchObject({ staysOutside: false })
    expect(codeOf(openRootKey("file:x", { staysOutside: true }))).resolves.toBe("CORE_DRIVER_GUARANTEE_MISSING")
    expect(String(parseDriverUrl("pkcs11:token=a;object=b?pin-value=9876"))).not.toContain("9876")
  })
  test("a module that is not installed is said", async () => {
    const url = "pkcs11:token=a;object=b?module-path=/none.so&pin-value=1234"
    expect(["CORE_DRIVER_PACKAGE_MISSING", "CRYPTO_ROOT_KEY_INVALID"]).toContain(await codeOf(openRootKey(url)))
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
