import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase, sql } from "@ashlar/orm"
import { defineJob, openQueue } from "@ashlar/queue"
import { v } from "@ashlar/validation"
import { serverUrl } from "../server.ts"
import { IN_FLIGHT, type OpenSubject, type Payload, type QueueSubject } from "../subject.ts"

export const ASHLAR: readonly QueueSubject[] = [
  { engine: "memory", name: "ashlar", open: async () => await open("memory:", () => undefined) },
  { engine: "sqlite", name: "ashlar", open: onSqlite },
  { engine: "postgres", name: "ashlar", open: onPostgres },
  { engine: "redis", name: "ashlar", open: onRedis },
]

async function open(url: string, clean: () => unknown): Promise<OpenSubject> {
  let onDone: () => void = () => undefined
  const letter = defineJob("letter", { input: v.object({ userId: v.string(), text: v.string() }) }, () => onDone())
  const queue = openQueue(url)
  await queue.ready()
  return {
    add: (payload: Payload) => queue.push(letter, payload),
    async fill(payloads) {
      for (let at = 0; at < payloads.length; at += 1_000)
        await queue.pushMany(payloads.slice(at, at + 1_000).map((one) => letter.of(one)))
    },
    async work(done) {
      onDone = done
      const worker = queue.work([letter], { concurrency: IN_FLIGHT, prefetch: 500 })
      return async () => {
        await worker.idle()
        await worker.stop()
      }
    },
    async close() {
      await queue.close()
      await clean()
    },
  }
}

async function onSqlite(): Promise<OpenSubject> {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-bench-queue-"))
  return await open(`sqlite:${join(folder, "queue.db")}`, () => rmSync(folder, { recursive: true, force: true }))
}

async function onPostgres(): Promise<OpenSubject | undefined> {
  const admin = await serverUrl("postgres")
  if (admin === undefined) return undefined
  const name = `ashlar_bench_${crypto.randomUUID().slice(0, 8)}`
  const server = await openDatabase(admin)
  await server.sql`create database ${sql.id(name)}`.run()
  return await open(admin.replace(/\/[^/]*$/, `/${name}`), async () => {
    await server.sql`drop database ${sql.id(name)} with (force)`.run()
    await server.close()
  })
}

async function onRedis(): Promise<OpenSubject | undefined> {
  const url = await serverUrl("redis")
  if (url === undefined) return undefined
  const prefix = `ashlar-bench-${crypto.randomUUID().slice(0, 8)}`
  return await open(`${url}?prefix=${prefix}`, async () => {
    const client = new Bun.RedisClient(url)
    const keys = (await client.send("KEYS", [`{${prefix}*`])) as string[]
    if (keys.length > 0) await client.send("DEL", keys)
    client.close()
  })
}
