import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { dropExchanges, dropRedisKeys, dropStreams } from "../src/testing/drop-buses.ts"
import { startFakeKafka } from "../src/testing/kafka/fake-kafka.ts"
import { findServer, temporaryDatabase, temporaryFolder } from "../src/testing/test-servers.ts"

/** Bun runs the source; Node and Deno a bundle of it. */
const program = join(import.meta.dir, "..", "src", "testing", "runtime-process.ts")
const folder = temporaryFolder()
// Inside the package, where what is not bundled is found: the client of Kafka reads files that lie beside its own.
const modules = join(import.meta.dir, "..", "node_modules", ".cache")
mkdirSync(modules, { recursive: true })
const bundles = mkdtempSync(join(modules, "runtimes-"))
afterAll(() => rmSync(bundles, { recursive: true, force: true }))
const bundle = join(bundles, "runtime-process.mjs")
const [redis, nats, rabbit, postgres, mariadb] = [
  await findServer("Redis"),
  await findServer("NATS"),
  await findServer("RabbitMQ"),
  await findServer("PostgreSQL"),
  await findServer("MariaDB"),
]
const kafka = await startFakeKafka()
afterAll(() => kafka.close())
const prefix = `ashlar-test-${crypto.randomUUID().slice(0, 8)}`
const of = (scheme: string, port: number | undefined): string[] =>
  port === undefined ? [] : [`${scheme}://127.0.0.1:${port}?prefix=${prefix}`]
const databases = [
  ...(postgres === undefined
    ? []
    : [await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres")]),
  ...(mariadb === undefined
    ? []
    : [await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")]),
]

afterAll(async () => {
  if (redis !== undefined) await dropRedisKeys(redis, `${prefix}:*`)
  if (nats !== undefined) await dropStreams(nats, prefix)
  if (rabbit !== undefined)
    await dropExchanges(
      rabbit,
      ["bun", "node", "deno"].map((runtime) => `${prefix}.${runtime}`),
    )
})
beforeAll(async () => {
  const built = await Bun.build({
    entrypoints: [program],
    target: "node",
    outdir: bundles,
    naming: "[name].mjs",
    external: ["@platformatic/kafka"],
  })
  expect(built.success).toBe(true)
})

const { NODE_BIN: node, DENO_BIN: deno } = process.env
const commands: readonly (readonly [string, readonly string[] | undefined])[] = [
  ["bun", [process.execPath, program]],
  ["node", node && existsSync(node) ? [node, bundle] : undefined],
  ["deno", deno && existsSync(deno) ? [deno, "run", "--quiet", "--allow-all", "--no-lock", bundle] : undefined],
]
for (const [runtime, command] of commands) {
  if (command === undefined && process.env.CI !== "true") {
    console.warn(`skipped: what needs ${runtime}, for there is none`)
    continue
  }
  test(`events, buses, outbox and inbox work on ${runtime}`, async () => {
    const sqlite = `sqlite:${join(folder, `${runtime}.db`)}?synchronous=NORMAL`
    const buses = [
      "memory:shared",
      sqlite,
      ...databases,
      ...of("redis", redis),
      ...of("nats", nats),
      ...of("amqp", rabbit),
      `kafka://127.0.0.1:${kafka.port}/${prefix}`,
    ]
    const given = JSON.stringify({ name: runtime, buses, databases: [sqlite, ...databases] })
    const child = Bun.spawn([...command!, given], { stdin: "ignore", stdout: "pipe", stderr: "pipe" })
    const [said, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    expect([await child.exited, said, problems]).toEqual([0, "all is well\n", ""])
  }, 90_000)
}
