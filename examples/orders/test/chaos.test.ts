/**
 * A shop of one web process and several that work, on one database. Orders come in while payments fail and get lost, customers cancel, and
 * processes that work are killed with SIGKILL. Then it settles, and everything must add up. CHAOS_SEED=… runs the same again, as far as the
 * machine's own timing lets it.
 */
import { expect, setDefaultTimeout, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase } from "@ashlar/orm"
import { openQueue } from "@ashlar/queue"
import { openWebhooks } from "@ashlar/webhooks/sending"
import { openWorkflows } from "@ashlar/workflow"
import type { Pace } from "../src/settings.ts"
import { missing, ownDatabases } from "./own-databases.ts"
import { seeded } from "./random.ts"
import { startWorld, type World } from "./world.ts"

setDefaultTimeout(180_000)
const ORDERS = 30
const WORKERS = 3
const KILLS = 6
/** Far more than it takes: machines may be busy. */
const SETTLE_MS = 60_000
const PACE: Pace = {
  leaseMs: 1_000,
  answerMs: 400,
  backoffMs: 50,
  decisionMs: 60_000,
  pickingMs: 100,
  webhookRetryMs: Array(20).fill(200),
}
const SEED = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 1e9))
console.log(`chaos: CHAOS_SEED=${SEED}`)

for (const name of missing) {
  if (process.env.CI === "true") test(`${name} is there`, () => expect(missing).not.toContain(name))
  else console.warn(`skipped: chaos on ${name}, which does not listen`)
}

interface Process {
  readonly child: Bun.Subprocess
  readonly url: string
}

async function start(role: "web" | "work", { settings }: World): Promise<Process> {
  const child = Bun.spawn([process.execPath, "--no-install", join(import.meta.dir, "shop-process.ts")], {
    env: { PATH: process.env.PATH ?? "", NODE_ENV: "production", ROLE: role, SHOP_SETTINGS: JSON.stringify(settings) },
    stdin: "pipe", // it ends when this process does
    stdout: "pipe",
    stderr: "inherit",
  })
  let said = ""
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += piece
    const [, url] = /ready at (\S+)/.exec(said) ?? []
    if (url !== undefined) return { child, url }
  }
  throw new Error(`A process of the shop did not start. It said: ${said}`)
}

interface Placed {
  readonly id: string
  readonly totalCents: number
}

/** Sends an order until it is answered, always with the same key: an answer that got lost is not another order. */
async function place(world: World, random: () => number): Promise<Placed | undefined> {
  const skus = ["chisel", "mallet", "square", "line", "level"].filter(() => random() < 0.5)
  const lines = (skus.length > 0 ? skus : ["trowel"]).map((sku) => ({ sku, quantity: 1 + Math.floor(random() * 3) }))
  const body = JSON.stringify({ email: "eva@example.com", lines })
  const headers = { "content-type": "application/json", "idempotency-key": `key-${Math.floor(random() * 1e12)}` }
  const isAgain = random() < 0.3
  for (let attempt = 1; attempt <= 50; attempt++) {
    const response = await fetch(`${world.shop.url}/orders`, { method: "POST", headers, body })
    const answer = (await response.json()) as Placed & { detail?: string; code?: string }
    if (response.status === 201 && isAgain && attempt === 1) continue // as if the answer had not arrived
    if (response.status === 201) return answer
    if (response.status === 409 && answer.code === "HTTP_CONFLICT") return undefined // sold out
    await Bun.sleep(50)
  }
  throw new Error("An order was never answered.")
}

/** Somebody does not want it any more: it may be too late. */
async function cancel({ shop }: World, order: Placed | undefined): Promise<void> {
  if (order === undefined) return
  const response = await fetch(`${shop.url}/orders/${order.id}/cancel`, { method: "POST" })
  expect([200, 409]).toContain(response.status)
  await response.body?.cancel()
}

async function settled(world: World): Promise<unknown> {
  const { databaseUrl } = world.settings
  await using db = await openDatabase(databaseUrl)
  await using queue = openQueue(databaseUrl)
  await using flows = openWorkflows(databaseUrl)
  await using hooks = openWebhooks(databaseUrl, { queue })
  const until = performance.now() + SETTLE_MS
  for (;;) {
    const open = await db.sql<{ state: string; orders: number }>`select state, count(*) as orders from orders
      where state not in ('shipped', 'cancelled') group by state`.all()
    const jobs = (await queue.counts()).filter(({ waiting, delayed, held, blocked, active, failed }) =>
      [waiting, delayed, held, blocked, active, failed].some((count) => count > 0),
    )
    const runs = (await flows.list({ limit: 1_000 })).filter(({ endedAt }) => endedAt === undefined)
    const deliveries = (await hooks.deliveries({ limit: 1_000 })).filter(({ state }) => state !== "delivered")
    const left = {
      open,
      jobs,
      runs: runs.map(({ id, state, error }) => ({ id, state, error })),
      deliveries,
      notifying: world.provider.notifying,
    }
    if (open.length + jobs.length + runs.length + deliveries.length + left.notifying === 0) return undefined
    if (performance.now() > until) return left
    await Bun.sleep(200)
  }
}

for (const database of ownDatabases)
  test(`on ${database.name}, what was accepted is done once or taken back, whatever dies`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "ashlar-orders-"))
    const random = seeded(SEED)
    const databaseUrl = await database.make(folder)
    const chances = { random: seeded(SEED + 1), declines: 0.2, troubles: 0.3, fails: 0.2 }
    const world = await startWorld({ databaseUrl, folder, pace: PACE }, chances)
    const processes: Process[] = []
    const begunMs = performance.now()
    const took = () => `${((performance.now() - begunMs) / 1_000).toFixed(0)} s`
    try {
      const web = await start("web", world)
      processes.push(web)
      world.shop.url = web.url
      const stock = await items(world)
      await hear(world)
      const workers = await Promise.all(Array.from({ length: WORKERS }, () => start("work", world)))
      processes.push(...workers)

      let isOver = false
      const killing = kill(world, { workers, processes, random: seeded(SEED + 2), isOver: () => isOver })
      const placed: Placed[] = []
      for (let at = 0; at < ORDERS; at++) {
        const order = await place(world, random)
        if (order !== undefined) placed.push(order)
        if (random() < 0.25) await cancel(world, placed[Math.floor(random() * placed.length)])
        await Bun.sleep(random() * 60)
      }
      const kills = await killing
      isOver = true
      console.log(`chaos: ${database.name}: ${placed.length} orders and ${kills} kills after ${took()}`)
      expect(kills).toBe(KILLS)
      expect(await settled(world)).toBeUndefined()
      console.log(`chaos: ${database.name}: settled after ${took()}`)
      await reconcile(world, placed, stock)
    } finally {
      for (const { child } of processes) child.kill("SIGKILL")
      await Promise.all(processes.map(({ child }) => child.exited))
      await world.stop()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    }
  })

interface Killing {
  readonly workers: Process[]
  readonly processes: Process[]
  readonly random: () => number
  readonly isOver: () => boolean
}
async function kill(world: World, { workers, processes, random, isOver }: Killing): Promise<number> {
  let kills = 0
  while (kills < KILLS && !isOver()) {
    await Bun.sleep(100 + random() * 400)
    const at = Math.floor(random() * workers.length)
    const { child } = workers[at]!
    child.kill("SIGKILL")
    await child.exited
    kills++
    workers[at] = await start("work", world)
    processes.push(workers[at])
  }
  return kills
}

interface Stock {
  readonly sku: string
  readonly priceCents: number
  readonly free: number
}
async function items({ shop }: World): Promise<readonly Stock[]> {
  return (await (await fetch(`${shop.url}/items`)).json()) as Stock[]
}
async function hear(world: World): Promise<void> {
  const headers = { "content-type": "application/json" }
  const body = JSON.stringify({ url: world.hookUrl })
  const response = await fetch(`${world.shop.url}/endpoints`, { method: "POST", headers, body })
  expect(response.status).toBe(201)
  world.shop.hookKey = ((await response.json()) as { key: string }).key
}

async function reconcile(world: World, placed: readonly Placed[], before: readonly Stock[]): Promise<void> {
  const { provider, heard, settings } = world
  await using db = await openDatabase(settings.databaseUrl)
  const orders = await db.sql<{
    id: string
    state: string
    cents: number
  }>`select id, state, total_cents as cents from orders`.all()
  // Every order that was accepted is there, once, and no other.
  expect(orders.map(({ id }) => id).toSorted()).toEqual(placed.map(({ id }) => id).toSorted())
  const shipped = orders.filter(({ state }) => state === "shipped")
  const cancelled = orders.filter(({ state }) => state === "cancelled")
  expect(shipped.length + cancelled.length).toBe(orders.length)

  // Money: one charge at most for each order, each refunded once at most; what stays is what was shipped.
  const moved = (kind: string) => provider.movements.filter((one) => one.kind === kind)
  const ids = (kind: string) => moved(kind).map(({ reference }) => reference)
  for (const kind of ["charge", "refund"]) expect(new Set(ids(kind)).size).toBe(ids(kind).length)
  const kept = new Set(ids("charge")).difference(new Set(ids("refund")))
  expect([...kept].toSorted()).toEqual(shipped.map(({ id }) => id).toSorted())
  const sum = (cents: readonly number[]) => cents.reduce((total, one) => total + one, 0)
  const cents = (kind: string) => sum(moved(kind).map(({ amountCents }) => amountCents))
  expect(cents("charge") - cents("refund")).toBe(sum(shipped.map(({ cents }) => Number(cents))))
  // No payment is left on its way.
  expect([...provider.payments.values()].filter(({ state }) => state === "charging")).toEqual([])

  // Stock: what there was is what is free now and what has left; nothing is held.
  const left = await db.sql<{
    sku: string
    quantity: number
  }>`select l.sku, sum(l.quantity) as quantity from order_lines l
    join orders o on o.id = l.order_id where o.state = 'shipped' group by l.sku`.all()
  const now = await db.sql<{ sku: string; free: number; held: number }>`select sku, free, held from items`.all()
  for (const { sku, free, held } of now) {
    const gone = Number(left.find((one) => one.sku === sku)?.quantity ?? 0)
    expect({ sku, held, all: free + gone }).toEqual({ sku, held: 0, all: before.find((one) => one.sku === sku)!.free })
  }

  // Webhooks: each at least once, under one id; none of an order that is not there, and none that is not true.
  expect([...heard.keys()].toSorted()).toEqual(orders.map(({ id }) => id).toSorted())
  for (const { id, state } of orders) {
    const types = new Set(heard.get(id)!.map(({ type }) => type))
    expect(new Set(heard.get(id)!.map((one) => one.id)).size).toBe(types.size)
    const isPaid = state === "shipped" || types.has("order.paid")
    const wanted = ["order.created", ...(isPaid ? ["order.paid"] : []), `order.${state}`]
    expect([...types].toSorted()).toEqual(wanted.toSorted())
  }
  console.log(
    `chaos: ${orders.length} orders, ${shipped.length} shipped, ${cancelled.length} cancelled, ${moved("refund").length} refunded, ${provider.repeated} requests repeated`,
  )
}
