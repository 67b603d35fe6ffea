import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { createApp, errors } from "@ashlar/http"
import { openIdempotency } from "@ashlar/idempotency"
import { v } from "@ashlar/validation"
import { createWebhookSecret } from "../keys.ts"
import { signWebhook, type WebhookHeaders } from "../signature.ts"
import { onceByWebhookId, verifyWebhook } from "./index.ts"

const clock = manualClock(1_700_000_000_000)
const secret = createWebhookSecret()
const nowSeconds = () => Math.floor(clock.now() / 1000)

function stage(keys: Parameters<typeof verifyWebhook>[0]["keys"] = secret) {
  const received: { id: string; n: number }[] = []
  const failures: number[] = []
  const verified = verifyWebhook({ keys, clock })
  const once = onceByWebhookId({ verified, store: openIdempotency("memory:") })
  const app = createApp({ onError: () => undefined, development: false })
  const body = v.object({ n: v.integer() })
  app.post("/hooks/:tenant?", { layers: [verified, once], body }, async (ctx) => {
    received.push({ id: ctx.webhook.id, n: ctx.body.n })
    if (failures.shift() !== undefined) throw new errors.Conflict("not yet")
    await Bun.sleep(5)
    return { took: received.length }
  })
  const post = async (text: string, headers: WebhookHeaders, path = "/hooks") => {
    const all = { "content-type": "application/json", ...headers }
    const response = await app.fetch(
      new Request(`http://localhost${path}`, { method: "POST", body: text, headers: all }),
    )
    return { status: response.status, body: (await response.json()) as { code?: string; took?: number } }
  }
  return { post, received, failures }
}
const signed = (id: string, text: string, key: string = secret) =>
  signWebhook({ id, timestampSeconds: nowSeconds(), body: text }, key)

describe("a route that receives webhooks", () => {
  test("lets in what was signed, whose body its schema then reads", async () => {
    const { post, received } = stage()
    const text = '{ "n": 7 }'
    expect(await post(text, signed("msg_1", text))).toEqual({ status: 200, body: { took: 1 } })
    expect(received).toEqual([{ id: "msg_1", n: 7 }])
  })
  test("lets in nothing else", async () => {
    const { post, received } = stage()
    const good = signed("msg_1", '{"n":7}')
    const refused: [string, WebhookHeaders][] = [
      ['{"n":8}', good],
      ['{"n":7}', signed("msg_1", '{"n":7}', createWebhookSecret())],
      ['{"n":7}', { ...good, "webhook-id": "msg_2" }],
    ]
    for (const [text, headers] of refused)
      expect(await post(text, headers)).toMatchObject({ status: 401, body: { code: "WEBHOOKS_SIGNATURE_REFUSED" } })
    const old = signWebhook({ id: "msg_1", timestampSeconds: nowSeconds() - 301, body: '{"n":7}' }, secret)
    expect(await post('{"n":7}', old)).toMatchObject({ status: 400, body: { code: "WEBHOOKS_TIMESTAMP_REFUSED" } })
    expect(await post('{"n":7}', {} as never)).toMatchObject({ body: { code: "WEBHOOKS_HEADERS_MISSING" } })
    expect(received).toEqual([])
  })
  test("works once on what comes twice, also when it was signed anew", async () => {
    const { post, received } = stage()
    const text = '{"n":7}'
    const first = await post(text, signed("msg_1", text))
    clock.advance(60_000)
    expect([await post(text, signed("msg_1", text)), received.length]).toEqual([first, 1])
    const both = await Promise.all([1, 2].map(() => post(text, signed("msg_2", text))))
    expect([both.map(({ status }) => status).toSorted(), received.length]).toEqual([[200, 409], 2])
  })
  test("works again on what failed", async () => {
    const { post, received, failures } = stage()
    failures.push(1, 1)
    const text = '{"n":7}'
    const statuses = []
    for (let at = 0; at < 4; at++) statuses.push((await post(text, signed("msg_1", text))).status)
    expect([statuses, received.length]).toEqual([[409, 409, 200, 200], 3])
  })
  test("may ask for the keys of whoever sends", async () => {
    const own: Record<string, string> = { acme: createWebhookSecret() }
    const { post } = stage(async (ctx) => own[ctx.params.tenant ?? ""] ?? [])
    const text = '{"n":1}'
    expect((await post(text, signed("a", text, own.acme), "/hooks/acme")).status).toBe(200)
    expect((await post(text, signed("b", text, own.acme), "/hooks/other")).status).toBe(401)
  })
  test("says at once that a key is none", () => {
    expect(() => verifyWebhook({ keys: "whsec_short" })).toThrow(
      expect.objectContaining({ code: "WEBHOOKS_KEY_INVALID" }),
    )
  })
})
