import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import fc from "fast-check"
import { Webhook } from "standardwebhooks"
import { createWebhookKeyPair, createWebhookSecret } from "./keys.ts"
import { signWebhook, verifyWebhookSignature, type WebhookHeaders } from "./signature.ts"

/* The vectors of the specification and of its reference implementations. */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
const SECRET_KEY = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
const PUBLIC_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
const SECONDS = 1_614_265_330
const BODY = '{"test": 2432232314}'
const V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
const V1A = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="

const message = { id: ID, timestampSeconds: SECONDS, body: BODY }
const clock = manualClock(SECONDS * 1000)
const headers = (signature: string): WebhookHeaders => ({
  "webhook-id": ID,
  "webhook-timestamp": String(SECONDS),
  "webhook-signature": signature,
})
const verify = (
  given: Partial<WebhookHeaders>,
  keys: string | readonly string[] = SECRET,
  body: string | Uint8Array = BODY,
) => verifyWebhookSignature(given as WebhookHeaders, body, { keys, clock })
const code = (act: () => unknown): string => {
  try {
    act()
    return "none"
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe("the vectors of the standard", () => {
  test("are what we sign, and what we verify", () => {
    expect(signWebhook(message, SECRET)).toEqual(headers(V1))
    expect(signWebhook(message, SECRET_KEY)).toEqual(headers(V1A))
    expect(signWebhook(message, [SECRET, SECRET_KEY])["webhook-signature"]).toBe(`${V1} ${V1A}`)
    for (const [signature, key] of [
      [V1, SECRET],
      [V1A, PUBLIC_KEY],
      [V1A, SECRET_KEY],
    ] as const)
      expect(verify(headers(signature), key)).toEqual({ id: ID, timestampSeconds: SECONDS })
  })
  test("and the package of the standard agrees, whatever is sent", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), fc.json(), (bytes, body) => {
        const secret = `whsec_${Buffer.from(bytes).toString("base64")}`
        const nowSeconds = Math.floor(Date.now() / 1000)
        const ours = signWebhook({ id: ID, timestampSeconds: nowSeconds, body }, secret)
        const theirs = new Webhook(secret)
        expect(theirs.sign(ID, new Date(nowSeconds * 1000), body)).toBe(ours["webhook-signature"])
        expect(theirs.verify(body, { ...ours })).toEqual(JSON.parse(body))
        expect(verifyWebhookSignature(ours, Buffer.from(body), { keys: secret }).id).toBe(ID)
      }),
    )
  })
})

describe("a webhook is refused", () => {
  test.each<[string, Partial<WebhookHeaders>]>([
    ["no id", { ...headers(V1), "webhook-id": undefined as never }],
    ["an id with a dot", { ...headers(V1), "webhook-id": "a.b" }],
    ["no timestamp", { ...headers(V1), "webhook-timestamp": undefined as never }],
    ["a timestamp that is no number", { ...headers(V1), "webhook-timestamp": "1614265330.5" }],
    ["a timestamp in words", { ...headers(V1), "webhook-timestamp": "now" }],
    ["no signature", { ...headers(V1), "webhook-signature": undefined as never }],
    ["a signature without end", headers(`${V1} `.repeat(200))],
  ])("with %s: WEBHOOKS_HEADERS_MISSING", (_what, given) => {
    expect(code(() => verify(given))).toBe("WEBHOOKS_HEADERS_MISSING")
  })
  test.each<[string, string]>([
    ["none of ours", "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    ["one of another version", V1.replace("v1,", "v2,")],
    ["one of the other scheme", V1.replace("v1,", "v1a,")],
    ["one in another spelling", V1.replace("+", "-")],
    ["one without its padding", V1.slice(0, -1)],
    ["half of one", V1.slice(0, 20)],
    ["a version only", "v1,"],
    ["no version", V1.slice(3)],
    ["nothing", ""],
  ])("with a signature that is %s: WEBHOOKS_SIGNATURE_REFUSED", (_what, signature) => {
    expect(code(() => verify(headers(signature)))).toBe("WEBHOOKS_SIGNATURE_REFUSED")
  })
  test("when anything that was signed is another", () => {
    expect(code(() => verify(headers(V1), SECRET, `${BODY} `))).toBe("WEBHOOKS_SIGNATURE_REFUSED")
    expect(code(() => verify({ ...headers(V1), "webhook-id": "msg_other" }))).toBe("WEBHOOKS_SIGNATURE_REFUSED")
    expect(code(() => verify({ ...headers(V1), "webhook-timestamp": String(SECONDS + 1) }))).toBe(
      "WEBHOOKS_SIGNATURE_REFUSED",
    )
    expect(code(() => verify(headers(V1A), createWebhookKeyPair().publicKey))).toBe("WEBHOOKS_SIGNATURE_REFUSED")
  })
  test("when it is too old, or from the future: WEBHOOKS_TIMESTAMP_REFUSED", () => {
    for (const [offset, expected] of [
      [-301, "WEBHOOKS_TIMESTAMP_REFUSED"],
      [-300, "none"],
      [300, "none"],
      [301, "WEBHOOKS_TIMESTAMP_REFUSED"],
    ] as const) {
      const at = manualClock((SECONDS + offset) * 1000)
      expect(code(() => verifyWebhookSignature(headers(V1), BODY, { keys: SECRET, clock: at }))).toBe(expected)
    }
  })
})

describe("keys", () => {
  test("may be several on both sides, while one takes the place of another", () => {
    const [old, next] = [createWebhookSecret(), createWebhookSecret()]
    const both = signWebhook(message, [next, old])
    for (const keys of [old, next, [createWebhookSecret(), old]]) expect(verify(both, keys).id).toBe(ID)
    expect(code(() => verify(both, createWebhookSecret()))).toBe("WEBHOOKS_SIGNATURE_REFUSED")
    const many = headers(`${"v1,AAAA ".repeat(15)}${V1}`)
    expect(verify(many).id).toBe(ID)
  })
  test("of a pair sign with the one half and verify with the other", () => {
    const { secretKey, publicKey } = createWebhookKeyPair()
    expect(verify(signWebhook(message, secretKey), publicKey).id).toBe(ID)
    expect(code(() => signWebhook(message, publicKey))).toBe("WEBHOOKS_KEY_INVALID")
  })
  test.each([
    "",
    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_",
    "whsec_c2hvcnQ=",
    `whsec_${Buffer.alloc(65).toString("base64")}`,
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
    "whsec_%%%%",
    "whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    SECRET_KEY.replace("X0dR", "X0dS"),
  ])("%s is none: WEBHOOKS_KEY_INVALID, and is not shown", (key) => {
    const sign = () => signWebhook(message, key)
    expect(code(sign)).toBe("WEBHOOKS_KEY_INVALID")
    if (key.length > 20) expect(sign).not.toThrow(key.slice(8, 20))
  })
  test("there must be, and what is signed must be well-formed", () => {
    expect(code(() => signWebhook(message, []))).toBe("WEBHOOKS_KEY_INVALID")
    expect(code(() => signWebhook({ ...message, id: "a.b" }, SECRET))).toBe("WEBHOOKS_EVENT_INVALID")
    expect(code(() => signWebhook({ ...message, timestampSeconds: 1.5 }, SECRET))).toBe("WEBHOOKS_EVENT_INVALID")
    expect(code(() => verifyWebhookSignature(headers(V1), BODY, { keys: SECRET, toleranceSeconds: 0 }))).toBe(
      "WEBHOOKS_OPTION_INVALID",
    )
  })
})
