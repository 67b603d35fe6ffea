import { afterAll, expect, test } from "bun:test"
import { Consumer } from "@platformatic/kafka"
import { Noted, numbersOf, range, until } from "../../testing/bus-stage.ts"
import { startFakeKafka } from "../../testing/kafka/fake-kafka.ts"
import { KafkaError, KafkaPartition } from "../../testing/kafka/kafka-log.ts"
import { crc32c } from "../../testing/kafka/wire.ts"
import { on, type Received } from "../handler.ts"
import { openBus } from "../open-bus.ts"

const PRODUCE = 0
const kafka = await startFakeKafka()
afterAll(() => kafka.close())
const url = `kafka://127.0.0.1:${kafka.port}/faults`
let names = 0
const newName = (): string => `bus${names++}`

test("writes events as the binding of CloudEvents says, for any client to read", async () => {
  const name = newName()
  await using bus = openBus(url, { name, partitions: 2 })
  const sent = await bus.publish(Noted, { n: 1, key: "k", text: "é" })
  const consumer = new Consumer({
    clientId: "other",
    groupId: `other-${name}`,
    bootstrapBrokers: [`127.0.0.1:${kafka.port}`],
    sessionTimeout: 10_000,
    heartbeatInterval: 1_000,
  })
  const stream = await consumer.consume({ topics: [`faults.${name}`], mode: "earliest", autocommit: true })
  for await (const { key, value, headers } of stream) {
    expect(key.toString()).toBe("k")
    expect(JSON.parse(value.toString())).toEqual(sent)
    const said = new Map([...headers].map(([one, text]) => [one.toString(), text.toString()]))
    expect(said.get("content-type")).toBe("application/cloudevents+json; charset=UTF-8")
    break
  }
  await consumer.close(true)
})

test("has an event once whose acknowledgement was lost", async () => {
  await using bus = openBus(url, { name: newName(), partitions: 1 })
  const got: Received[] = []
  await bus.subscribe(
    { from: "beginning" },
    on("**", (_data, event) => void got.push(event)),
  )
  await bus.publish(Noted, { n: 1 })
  const before = kafka.requests.get(PRODUCE)!
  kafka.loseAnswer(PRODUCE)
  await bus.publish(Noted, { n: 2 })
  expect(kafka.requests.get(PRODUCE)! - before).toBe(2)
  await bus.publish(Noted, { n: 3 })
  await until("all are there", () => numbersOf(got).includes(3))
  expect(numbersOf(got)).toEqual([1, 2, 3])
})

test("opens a connection again that a broker had ended", async () => {
  await using bus = openBus(url, { name: newName(), partitions: 1 })
  await bus.health()
  kafka.cut()
  await Bun.sleep(50)
  await bus.health()
})

test("lets no other begin while a member that shares its partitions ends what it does", async () => {
  const options = { name: newName(), partitions: 2, pollMs: 20 }
  await using one = openBus(url, options)
  await using two = openBus(url, options)
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const busy = new Map<string, number>()
  const got: number[] = []
  let overlaps = 0
  const handler = on(Noted, async ({ n, key = "" }) => {
    if (busy.get(key)) overlaps++
    busy.set(key, 1)
    begin()
    await Bun.sleep(n <= 4 ? 600 : 1)
    busy.set(key, 0)
    got.push(n)
  })
  await one.subscribe({ group: "a" }, handler)
  for (const n of range(1, 12)) await one.publish(Noted, { n, key: `k${n % 4}` })
  await begun
  await two.subscribe({ group: "a" }, handler)
  await until("all are handled", () => got.length >= 12)
  expect([overlaps, got.toSorted((a, b) => a - b)]).toEqual([0, range(1, 12)])
})

test("goes on with what is kept when a group was away for too long", async () => {
  const name = newName()
  await using bus = openBus(url, { name, partitions: 1, pollMs: 20 })
  const got: Received[] = []
  const handler = on("**", (_data, event) => void got.push(event))
  await (await bus.subscribe({ group: "a" }, handler)).stop()
  for (const n of range(1, 5)) await bus.publish(Noted, { n })
  kafka.trim(`faults.${name}`, 0, 3n)
  await bus.subscribe({ group: "a" }, handler)
  await until("the rest is there", () => numbersOf(got).includes(5))
  expect(numbersOf(got)).toEqual([4, 5])
})

test("asks the other brokers of its URL, and says when none answers", async () => {
  const dead = "kafka://127.0.0.1:1/faults"
  await using bus = openBus(`${dead}?brokers=127.0.0.1:${kafka.port}`, { name: newName(), partitions: 1 })
  await bus.health()
  await bus.publish(Noted, { n: 1 })
  expect(
    await openBus(dead)
      .ready()
      .catch((error) => error),
  ).toMatchObject({ code: "EVENTS_BUS_FAILED" })
})

test("refuses another number of partitions, and what its URL cannot mean", async () => {
  const name = newName()
  await using bus = openBus(url, { name, partitions: 2 })
  await bus.ready()
  for (const [wrong, partitions] of [
    [url, 3],
    [`kafka://127.0.0.1:${kafka.port}/a.b`, 2],
    [`${url}?brokers=a%20b`, 2],
    [`${url}?brokers=a:70000`, 2],
    [`${url}?brokers=${Array(33).fill("a").join(",")}`, 2],
  ] as const)
    expect(
      await openBus(wrong, { name, partitions })
        .ready()
        .catch((error) => error),
    ).toMatchObject({
      code: "EVENTS_OPTION_INVALID",
    })
  expect(
    await openBus(`${url}?sasl=none`)
      .ready()
      .catch((error) => error),
  ).toMatchObject({
    code: "CORE_DRIVER_OPTION_INVALID",
  })
})

test("logs in, and keeps the password out of what it says when it cannot", async () => {
  const guarded = await startFakeKafka({ login: { user: "ann", password: "s3cret!" } })
  try {
    await using bus = openBus(`kafka://ann:s3cret!@127.0.0.1:${guarded.port}`, { partitions: 1 })
    const got: number[] = []
    await bus.subscribe(
      { group: "a" },
      on(Noted, ({ n }) => void got.push(n)),
    )
    await bus.publish(Noted, { n: 1 })
    await until("it is handled", () => got.length === 1)
    for (const login of ["ann:wr0ng!@", ""]) {
      const options = "connectTimeoutMs=2000&commandTimeoutMs=2000"
      const error = await openBus(`kafka://${login}127.0.0.1:${guarded.port}?${options}`)
        .ready()
        .catch((cause) => cause)
      expect(error).toMatchObject({ code: "EVENTS_BUS_FAILED" })
      expect(Bun.inspect(error)).not.toContain("wr0ng!")
    }
  } finally {
    await guarded.close()
  }
})

test("the fake takes what a broker takes, and nothing else", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283) // RFC 3720's check value
  const partition = new KafkaPartition(200)
  const batch = (sequence: number): Buffer => {
    const record = Buffer.from([14, 0, 0, 0, 1, 2, 120, 0]) // no key, value "x", no headers
    const bytes = Buffer.alloc(61 + record.length)
    bytes.writeInt32BE(bytes.length - 12, 8)
    bytes.writeInt8(2, 16)
    bytes.writeBigInt64BE(7n, 43)
    bytes.writeInt32BE(sequence, 53)
    bytes.writeInt32BE(1, 57)
    record.copy(bytes, 61)
    bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
    return bytes
  }
  expect(partition.append(batch(0))).toEqual({ error: KafkaError.none, base: 0n })
  expect(partition.append(batch(0))).toEqual({ error: KafkaError.none, base: 0n })
  expect(partition.append(batch(2)).error).toBe(KafkaError.outOfOrderSequence)
  expect(partition.append(batch(1))).toEqual({ error: KafkaError.none, base: 1n })
  const corrupt = batch(2)
  corrupt[67]! ^= 1
  expect(partition.append(corrupt).error).toBe(KafkaError.corruptMessage)
  expect(partition.append(Buffer.alloc(201)).error).toBe(KafkaError.messageTooLarge)
  expect(partition.end).toBe(2n)
})
