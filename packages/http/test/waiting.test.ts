import { afterEach, expect, test } from "bun:test"
import { EventEmitter } from "node:events"
import type { App, ConnectionInfo } from "@ashlar/http"
import { type GoogleCloudRequest, type GoogleCloudResponse, toGoogleCloud } from "@ashlar/http/google-cloud"
import { toLambda, toLambdaStream } from "@ashlar/http/lambda"
import { toNetlify } from "@ashlar/http/netlify"
import { toVercel } from "@ashlar/http/vercel"
import { toWorker } from "@ashlar/http/workers"
import { urlEvent } from "./lambda-events.ts"
import { type Invoke, installAwsLambda } from "./lambda-runtime.ts"

/** Work that goes on after the answer: each platform must be told of it, or wait for it. */

const order: string[] = []
const VERCEL = Symbol.for("@vercel/request-context")
afterEach(() => {
  order.length = 0
  delete (globalThis as Record<symbol, unknown>)[VERCEL]
})

/** What an app does whose handler deferred something: it answers, and tells of what goes on. */
const app: Pick<App, "fetch"> = {
  async fetch(_request, connection) {
    const { waitUntil } = (connection as () => Required<ConnectionInfo>)()
    const late = async (ms: number, name: string): Promise<void> => {
      await Bun.sleep(ms)
      order.push(name)
    }
    waitUntil(
      late(20, "first").then(() => {
        waitUntil(late(20, "second")) // what comes of it counts as well
      }),
    )
    return new Response("answer")
  },
}

/** A platform's own list, which it waits for by itself. */
function listed(): { readonly work: Promise<unknown>[]; waitUntil(work: Promise<unknown>): void } {
  const work: Promise<unknown>[] = []
  return { work, waitUntil: (one) => void work.push(one) }
}

test("Lambda is answered when the work is done", async () => {
  const { body } = await toLambda(app)(urlEvent(), {})
  expect([Buffer.from(body, "base64").toString(), ...order]).toEqual(["answer", "first", "second"])
})

test("Lambda's stream ends, and then its invocation when the work is done", async () => {
  const runtime = installAwsLambda()
  const { body } = await (toLambdaStream(app) as Invoke)(urlEvent(), {})
  runtime.uninstall()
  expect([body.toString(), ...order]).toEqual(["answer", "first", "second"])
})

test("Google Cloud's answer ends when the work is done", async () => {
  const answer = Object.assign(new EventEmitter(), {
    statusCode: 0,
    writableFinished: false,
    setHeader: () => undefined,
    write: (chunk: Uint8Array) => {
      order.push(Buffer.from(chunk).toString())
      return true
    },
    end: () => order.push("end"),
    destroy: () => order.push("destroyed"),
  }) as unknown as GoogleCloudResponse
  const message = { method: "GET", url: "/", rawHeaders: ["Host", "a"] } as unknown as GoogleCloudRequest
  await toGoogleCloud(app)(message, answer)
  expect(order).toEqual(["answer", "first", "second", "end"])
})

test("Cloudflare, Netlify and Vercel are told of the work", async () => {
  const [cloudflare, netlify, vercel] = [listed(), listed(), listed()]
  await toWorker(app).fetch(new Request("http://x/"), {}, { ...cloudflare, passThroughOnException: () => undefined })
  await toNetlify(app)(new Request("http://x/"), { ip: "192.0.2.1", ...netlify })
  Object.assign(globalThis, { [VERCEL]: { get: () => vercel } })
  await toVercel(app).fetch(new Request("http://x/"))
  expect(order).toEqual([])
  const all = [cloudflare, netlify, vercel]
  await Promise.allSettled(all.flatMap(({ work }) => work))
  await Promise.all(all.map(({ work }) => work[1]))
  expect(order.toSorted()).toEqual(["first", "first", "first", "second", "second", "second"])
})

test("Vercel without its context lets the process live on", async () => {
  expect(await (await toVercel(app).fetch(new Request("http://x/"))).text()).toBe("answer")
  for (let tries = 0; order.length < 2 && tries < 200; tries++) await Bun.sleep(20)
  expect(order).toEqual(["first", "second"])
})
