import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createUuidv7, manualClock, systemClock, uuidv7 } from "@ashlar/core"
import { localRootKey } from "@ashlar/crypto/root-keys"
import { describeRootKey } from "@ashlar/crypto/testing/root-keys"
import type { Log } from "../log.ts"
import { startServer } from "../server.ts"
import { openRemoteRoot } from "./remote-root.ts"
import { type RootService, rootServiceApp, startRootService } from "./root-service.ts"
import { openServiceChannel, type ServiceChannel } from "./service-channel.ts"

/** The root key in a process of its own: the suite of root keys over HTTP, and whoever is no part of the installation. */

const folder = mkdtempSync(join(tmpdir(), "ashlar-root-service-"))
const lines: string[] = []
const log: Log = {
  info: (message, fields) => void lines.push(JSON.stringify({ message, ...fields })),
  error: (message, error) => void lines.push(JSON.stringify({ message, error: String(error) })),
}
const file = (name: string): string => join(folder, name)
const start = (name: string): Promise<RootService> =>
  startRootService({
    ...{ port: 0, log, rootKey: `file:${file(`${name}.root`)}?create=true`, serviceKey: file(`${name}.key`) },
  })
const [one, two] = await Promise.all([start("one"), start("two")])
afterAll(async () => {
  await Promise.all([one.stop(0), two.stop(0)])
  rmSync(folder, { recursive: true, force: true })
})
const open = (service: RootService, name: string) =>
  openRemoteRoot({ url: service.url, serviceKey: file(`${name}.key`) })
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: { code?: unknown }) => String(error.code),
  )
const context = { purpose: "test", key: "a" }

describeRootKey("another process", { open: () => open(one, "one"), other: () => open(two, "two") })

test("each use is in the log of the process that has the key, and never what was wrapped", async () => {
  const root = await open(one, "one")
  const key = randomBytes(32)
  const wrapped = await root.wrap(key, context)
  await root.unwrap(wrapped, context)
  await codeOf(root.unwrap(wrapped, { ...context, key: "b" }))
  const uses = lines.map((line) => JSON.parse(line)).slice(-3)
  expect(uses.map(({ action, outcome, context: of }) => [action, outcome, of.key])).toEqual([
    ["wrap", "success", "a"],
    ["unwrap", "success", "a"],
    ["unwrap", "CRYPTO_UNWRAP_FAILED", "b"],
  ])
  for (const form of ["base64", "base64url", "hex"] as const) expect(lines.join()).not.toContain(key.toString(form))
  await root.close()
  expect(await codeOf(root.unwrap(wrapped, context))).toBe("CRYPTO_CLOSED")
})

/** A kms without a socket, and whoever posts to it. */
async function stage() {
  const clock = manualClock()
  const root = localRootKey(randomBytes(32), "file")
  const keyFile = file(`${crypto.randomUUID()}.key`)
  const channelOf = (from: string, to = "kms", more: { keyFile?: string; clock?: typeof clock } = {}) =>
    openServiceChannel({ keyFile, create: true, from, to, clock, ids: createUuidv7(clock), ...more })
  const app = rootServiceApp(root, await channelOf("kms"), log)
  const question = { action: "wrap", bytes: randomBytes(32).toString("base64"), context }
  const post = async (body: Uint8Array, headers: Record<string, string>, path = "/root-key"): Promise<Response> =>
    await app.fetch(new Request(`http://kms.test${path}`, { method: "POST", body: Buffer.from(body), headers }))
  const ask = async (channel: ServiceChannel, path = "/root-key") => await channel.ask(path, question)
  const send = async ({ token, body }: { token: string; body: Uint8Array }): Promise<number> =>
    (await post(body, { authorization: `Service ${token}` })).status
  return { clock, channelOf, post, ask, send, keyFile }
}

describe("the kms answers", () => {
  test("the platform, once for each token, of however many are shown at once", async () => {
    const { channelOf, ask, send } = await stage()
    const call = await ask(await channelOf("platform"))
    const all = await Promise.all(Array.from({ length: 10 }, () => send(call)))
    expect(all.filter((status) => status === 200)).toHaveLength(1)
    expect(all.filter((status) => status === 401)).toHaveLength(9)
    expect(await send(call)).toBe(401)
  })
  test("no header that says who somebody is", async () => {
    const { channelOf, ask, post } = await stage()
    const { token, body } = await ask(await channelOf("platform"))
    const headers: Record<string, string>[] = [
      {},
      { "x-ashlar-service": "platform", "x-service": "platform", "x-forwarded-for": "127.0.0.1" },
      { authorization: "Service platform" },
      { authorization: `Bearer ${token}` },
      { authorization: `Service ${token}x` },
      { authorization: `Service ${token}, Service ${token}` },
      { authorization: "Service " },
      { cookie: `service=${token}` },
      { "x-authorization": `Service ${token}` },
    ]
    for (const one of headers) {
      const answer = await post(body, one)
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
        401,
        "IDENTITY_SERVICE_REFUSED",
      ])
    }
    expect((await post(body, { authorization: `Service ${token}` })).status).toBe(200)
  })
  test("nobody with the key of another installation, or for another service", async () => {
    const { channelOf, ask, send } = await stage()
    const stranger = await channelOf("platform", "kms", { keyFile: file(`${crypto.randomUUID()}.key`) })
    expect(await send(await ask(stranger))).toBe(401)
    expect(await send(await ask(await channelOf("platform", "functions")))).toBe(401)
    expect(await send(await ask(await channelOf("functions")))).toBe(401)
    expect(await send(await ask(await channelOf("kms")))).toBe(401)
  })
  test("nothing that was said in another place, or changed on the way", async () => {
    const { channelOf, ask, send, post } = await stage()
    const channel = await channelOf("platform")
    expect(await send(await ask(channel, "/other"))).toBe(401)
    const [call, other] = [await ask(channel), await ask(channel)]
    expect(await send({ token: call.token, body: other.body })).toBe(401)
    const changed = Uint8Array.from(call.body)
    changed[20]! ^= 1
    expect(await send({ token: call.token, body: changed })).toBe(401)
    expect((await post(call.body, { authorization: `Service ${call.token}` }, "/root-key?a=b")).status).not.toBe(500)
    expect((await post(new Uint8Array(100_000), { authorization: `Service ${call.token}` })).status).toBe(413)
  })
  test("nothing that is over, or not yet said", async () => {
    const { channelOf, ask, send, clock } = await stage()
    const channel = await channelOf("platform")
    const late = await ask(channel)
    clock.advance(36_000)
    expect(await send(late)).toBe(401)
    // Clocks may differ by five seconds.
    const ahead = await channelOf("platform", "kms", { clock: manualClock(clock.now() + 4_000) })
    const wrong = await channelOf("platform", "kms", { clock: manualClock(clock.now() + 60_000) })
    expect(await send(await ask(ahead))).toBe(200)
    expect(await send(await ask(wrong))).toBe(401)
  })
  test("no question that is none", async () => {
    const { channelOf, send } = await stage()
    const channel = await channelOf("platform")
    for (const question of [{}, { action: "wrap" }, { action: "shred", bytes: "" }, { action: "unwrap", bytes: 7 }, []])
      expect(await send(await channel.ask("/root-key", question))).toBe(401)
  })
})

describe("the platform believes", () => {
  test("no answer of somebody else, of before, or of another question", async () => {
    const { channelOf, ask, post } = await stage()
    const channel = await channelOf("platform")
    const [first, second] = [await ask(channel), await ask(channel)]
    const answer = async (call: { token: string; body: Uint8Array }) =>
      new Uint8Array(await (await post(call.body, { authorization: `Service ${call.token}` })).arrayBuffer())
    const sealed = await answer(first)
    expect(channel.readAnswer(first, sealed)).toMatchObject({ bytes: expect.any(String) })
    expect(() => channel.readAnswer(second, sealed)).toThrow(expect.objectContaining({ code: "IDENTITY_SEAL_BROKEN" }))
    expect(() => channel.readAnswer(first, first.body)).toThrow()
  })
  test.each([
    ["an answer in the clear", () => Response.json({ id: "file:0", bytes: "AAAA" }), "CRYPTO_ROOT_KEY_REFUSED"],
    ["a redirect", () => Response.redirect("http://127.0.0.1:1/", 307), "CRYPTO_ROOT_KEY_REFUSED"],
    ["a refusal", () => new Response(null, { status: 401 }), "CRYPTO_ROOT_KEY_REFUSED"],
    ["a failure", () => new Response(null, { status: 503 }), "CRYPTO_ROOT_KEY_UNAVAILABLE"],
    ["an endless answer", () => new Response(new Uint8Array(200_000)), "CRYPTO_ROOT_KEY_UNAVAILABLE"],
  ])("not %s", async (_, answer, code) => {
    let asked = 0
    const fetch = (): Response => {
      asked++
      return answer()
    }
    const fake = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch })
    expect(await codeOf(openRemoteRoot({ url: fake.url.origin, serviceKey: file("one.key") }))).toBe(code)
    expect(asked).toBe(code === "CRYPTO_ROOT_KEY_UNAVAILABLE" ? 3 : 1)
    await fake.stop(true)
  })
  test("and tells who is away, slow, or badly named", async () => {
    const serviceKey = file("one.key")
    const slow = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Bun.sleep(2_000).then(() => new Response()) })
    expect(await codeOf(openRemoteRoot({ url: slow.url.origin, serviceKey, timeoutMs: 50 }))).toBe(
      "CRYPTO_ROOT_KEY_UNAVAILABLE",
    )
    await slow.stop(true)
    expect(await codeOf(openRemoteRoot({ url: "http://127.0.0.1:1", serviceKey }))).toBe("CRYPTO_ROOT_KEY_UNAVAILABLE")
    for (const url of ["", "kms:4100", "ftp://kms", "http://a:b@kms", "http://kms/path", "http://kms/?a=b"])
      expect(await codeOf(openRemoteRoot({ url, serviceKey }))).toBe("CRYPTO_ROOT_KEY_INVALID")
  })
  test("no service key that is missing, cut, or that others can read", async () => {
    const own = (keyFile: string) =>
      openServiceChannel({ keyFile, create: false, from: "a", to: "b", clock: systemClock, ids: uuidv7 })
    const exposed = file("exposed.key")
    copyFileSync(file("one.key"), exposed)
    chmodSync(exposed, 0o644)
    for (const path of [file("none.key"), folder, exposed])
      expect(await codeOf(own(path))).toBe("SERVER_SERVICE_KEY_INVALID")
    expect(statSync(file("one.key")).mode & 0o777).toBe(0o600)
  })
})

describe("a platform whose root key is in the kms", () => {
  const data = file("data")
  const copy = file("copy.key")
  beforeAll(() => {
    mkdirSync(data)
    copyFileSync(file("one.key"), copy)
  })
  const up = (more: object = { kms: one.url, serviceKey: copy }) => startServer({ port: 0, data, log, ...more })

  test("has none itself, keeps what it sealed, and starts with no other", async () => {
    const first = await up()
    const keys = first.platform.kms.keysOf("p1")
    await keys.create({ name: "a" })
    const sealed = await keys.encrypt("a", "text", context)
    await first.stop(0)
    const root = readFileSync(file("one.root"))
    for (const name of readdirSync(data, { recursive: true, encoding: "utf8" })) {
      const path = join(data, name)
      if (statSync(path).isFile()) expect(readFileSync(path).includes(root)).toBe(false)
    }
    expect([existsSync(join(data, "root.key")), existsSync(join(data, "install.sealed"))]).toEqual([false, true])
    const again = await up()
    expect(await again.platform.kms.keysOf("p1").decryptText("a", sealed, context)).toBe("text")
    await again.stop(0)
    expect(await codeOf(up({ kms: two.url, serviceKey: file("two.key") }))).toBe("CRYPTO_UNWRAP_FAILED")
    expect(await codeOf(up({ kms: one.url, serviceKey: file("two.key") }))).toBe("CRYPTO_ROOT_KEY_REFUSED")
    // The key is the same in the process itself: an install can move there and back.
    const local = await up({ rootKey: `file:${file("one.root")}` })
    expect(await local.platform.kms.keysOf("p1").decryptText("a", sealed, context)).toBe("text")
    await local.stop(0)
  }, 60_000)
  test.each([
    ["a root key beside it", { kms: "http://127.0.0.1:1", serviceKey: "x", rootKey: "env:A" }],
    ["no service key", { kms: "http://127.0.0.1:1" }],
    ["a service key alone", { serviceKey: "x" }],
  ])("does not start with %s", async (_, more) => {
    expect(await codeOf(up(more))).toBe("SERVER_KMS_OPTIONS_INVALID")
  })
})
