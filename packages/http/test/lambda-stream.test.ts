import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { lambdaContext, toLambdaStream } from "@ashlar/http/lambda"
import { httpEvent, restEvent, sqsEvent, urlEvent } from "./lambda-events.ts"
import { type Invoke, installAwsLambda } from "./lambda-runtime.ts"

const app = createApp()
app.get("/text", (ctx) => {
  ctx.set("set-cookie", "a=1; Path=/")
  ctx.set("set-cookie", "b=2; Path=/")
  return ctx.text("hello")
})
app.get("/none", () => null)
app.get("/away", (ctx) => ctx.redirect("/text"))
app.get("/empty", () => "")
app.get("/given", { layers: [lambdaContext()] }, (ctx) => ({ context: ctx.lambda.context }))
const made = { chunks: 0, cancelled: false }
/** 64 chunks of 16 KiB, made when they are asked for. */
app.get("/large", () => {
  Object.assign(made, { chunks: 0, cancelled: false })
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        if (made.chunks++ === 64) controller.close()
        else controller.enqueue(new Uint8Array(16 * 1024).fill(made.chunks))
      },
      cancel: () => {
        made.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
})
app.get("/broken", () => {
  let pulled = 0
  return new ReadableStream<Uint8Array>({
    pull: (controller) =>
      pulled++ === 0 ? controller.enqueue(new Uint8Array([1])) : controller.error(new Error("broke")),
  })
})

let runtime: { uninstall(): void }
let invoke: Invoke
beforeAll(() => {
  runtime = installAwsLambda()
  invoke = toLambdaStream(app) as Invoke
})
afterAll(() => runtime.uninstall())

describe("a streamed answer", () => {
  test("has its head in front", async () => {
    const { head, contentType, body } = await invoke(urlEvent({ rawPath: "/text" }), {})
    expect(contentType).toBe("application/vnd.awslambda.http-integration-response")
    expect(head).toMatchObject({ statusCode: 200, cookies: ["a=1; Path=/", "b=2; Path=/"] })
    expect(head!.headers).toMatchObject({ "content-type": "text/plain;charset=utf-8" })
    expect(head!.headers).not.toHaveProperty("set-cookie")
    expect(body.toString()).toBe("hello")
  })

  const bare: readonly [path: string, method: string, status: number][] = [
    ["/none", "GET", 204],
    ["/away", "GET", 302],
    ["/empty", "GET", 200],
    ["/large", "HEAD", 200],
    ["/missing", "HEAD", 404],
  ]
  for (const [path, method, status] of bare) {
    test(`has its head even without a body: ${method} ${path}`, async () => {
      const { head, body } = await invoke(urlEvent({ rawPath: path, method }), {})
      expect([head?.statusCode, body.byteLength]).toEqual([status, 0])
    })
  }

  test("is the same from every front that streams", async () => {
    for (const event of [
      restEvent({ path: "/text" }),
      httpEvent({ rawPath: "/text" }),
      urlEvent({ rawPath: "/text" }),
    ]) {
      expect((await invoke(event, {})).body.toString()).toBe("hello")
    }
  })

  test("is made as fast as it is taken", async () => {
    const { body, mostWaiting } = await invoke(urlEvent({ rawPath: "/large" }), {}, { takeMs: 1 })
    expect(body.byteLength).toBe(64 * 16 * 1024)
    expect([body[0], body.at(-1)]).toEqual([1, 64])
    expect(mostWaiting).toBeLessThanOrEqual(48 * 1024)
  })

  test("is not made any further when nobody takes it", async () => {
    await invoke(urlEvent({ rawPath: "/large" }), {}, { leaveAfterBytes: 40_000 })
    expect(made.cancelled).toBe(true)
    expect(made.chunks).toBeLessThan(8)
  })

  test("that breaks off fails the invocation, so that it is not taken for whole", async () => {
    await expect(invoke(urlEvent({ rawPath: "/broken" }), {})).rejects.toThrow("broke")
  })

  test("knows its event and context", async () => {
    const { body } = await invoke(urlEvent({ rawPath: "/given" }), { awsRequestId: "1" })
    expect(JSON.parse(body.toString())).toEqual({ context: { awsRequestId: "1" } })
  })

  test("to what carries no request is none", async () => {
    await expect(invoke(sqsEvent, {})).rejects.toMatchObject({ code: "HTTP_EVENT_UNKNOWN" })
  })
})

test("streaming needs Lambda's own runtime", () => {
  runtime.uninstall()
  expect(() => toLambdaStream(app)).toThrow(expect.objectContaining({ code: "HTTP_PLATFORM_MISSING" }))
})
