import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Container } from "@ashlar/core"
import { createShopApp, openShop } from "../src/app.ts"
import type { Pace } from "../src/settings.ts"
import { beginWork } from "../src/work.ts"
import type { OwnDatabase } from "./own-databases.ts"
import { startWorld, type World } from "./world.ts"

export const HURRY: Pace = {
  leaseMs: 5_000,
  answerMs: 5_000,
  backoffMs: 20,
  decisionMs: 60_000,
  pickingMs: 0,
  webhookRetryMs: [10, 10],
}

export interface Shown {
  readonly id: string
  readonly state: string
  readonly reason: string | null
  readonly totalCents: number
  readonly steps: readonly { readonly name: string; readonly state: string; readonly attempts: number }[]
}

/** A shop in this process, and the world around it. */
export interface RunningShop {
  readonly world: World
  readonly services: Container
  readonly url: string
  /** Begins to do what is behind the requests. */
  work(): Promise<void>
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** Places an order under a new key. */
  place(lines: readonly { readonly sku: string; readonly quantity: number }[]): Promise<Shown>
  order(id: string): Promise<Shown>
  /** Waits until it is so. */
  until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void>
  stop(): Promise<void>
}

const WAIT_MS = 30_000

/** @param decidesAfterMs How long the payment provider takes to decide. */
export async function runShop(
  database: OwnDatabase,
  pace: Partial<Pace> = {},
  decidesAfterMs?: number,
): Promise<RunningShop> {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-orders-"))
  const settings = { databaseUrl: await database.make(folder), folder, pace: { ...HURRY, ...pace } }
  const world = await startWorld(settings, decidesAfterMs === undefined ? {} : { decidesAfterMs })
  const services = await openShop(world.settings)
  const app = await createShopApp(services)
  const { url } = await app.listen({ port: 0 })
  world.shop.url = url
  let work: { stop(): Promise<void> } | undefined
  const ask: RunningShop["ask"] = (method, path, body, headers = {}) =>
    fetch(url + path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headers: { "content-type": "application/json", ...headers },
    })
  return {
    ...{ world, services, url, ask },
    async work() {
      work ??= await beginWork(services)
    },
    async place(lines) {
      const key = { "idempotency-key": crypto.randomUUID() }
      return (await (await ask("POST", "/orders", { email: "eva@example.com", lines }, key)).json()) as Shown
    },
    order: async (id) => (await (await ask("GET", `/orders/${id}`)).json()) as Shown,
    async until(isSo, what) {
      for (const end = performance.now() + WAIT_MS; performance.now() < end; await Bun.sleep(20))
        if (await isSo()) return
      throw new RangeError(`waited too long: ${what}`)
    },
    async stop() {
      await work?.stop()
      await app.stop(500)
      await services.close()
      await world.stop()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
