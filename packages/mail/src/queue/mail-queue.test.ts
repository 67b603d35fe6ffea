import { afterEach, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase } from "@ashlar/orm"
import { openQueue, type Queue } from "@ashlar/queue"
import { openStorage } from "@ashlar/storage"
import { MailRejected, type MailTransport, MailUnavailable, openMail, type PreparedMessage } from "../index.ts"
import { createMailQueue } from "./index.ts"

const open: Queue[] = []
afterEach(async () => {
  for (const queue of open.splice(0)) await queue.close()
})
function newQueue(): Queue {
  const queue = openQueue("memory:", { name: `mail-${crypto.randomUUID()}` } as object)
  open.push(queue)
  return queue
}
async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let wait = 0; wait < 1_000 && !(await what()); wait++) await Bun.sleep(10)
  expect(await what()).toBe(true)
}

test("messages are sent by a worker, once under one key, again when the other side says not now", async () => {
  const outcomes: Error[] = [new MailUnavailable("greylisted"), new MailUnavailable("greylisted")]
  const taken: PreparedMessage[] = []
  const transport: MailTransport = {
    async send(message) {
      const outcome = outcomes.shift()
      if (outcome !== undefined) throw outcome
      taken.push(message)
      return { id: "1", rejected: [] }
    },
    async close() {},
  }
  const storage = openStorage("memory:")
  await storage.put("a.pdf", "%PDF")
  const queue = newQueue()
  const mail = openMail(transport, { from: "shop@example.com", attempts: 1 })
  const letters = createMailQueue({ queue, mail, backoffMs: 5, storages: { files: storage } })
  const message = {
    to: "ana@example.com",
    subject: "Hello",
    html: "<p>x</p>",
    attachments: [
      { filename: "a.pdf", content: { storage: "files", key: "a.pdf" } },
      { filename: "b.bin", content: new Uint8Array([0, 255]) },
    ],
  }
  const first = await letters.send(message, { key: "order-1" })
  const second = await letters.send(message, { key: "order-1" })
  expect([first.isNew, second.isNew, second.id]).toEqual([true, false, first.id])
  queue.work([letters.job])
  await until(() => taken.length === 1)
  expect(taken[0]!.attachments.map(({ filename, content }) => [filename, [...content]])).toEqual([
    ["a.pdf", [...Buffer.from("%PDF")]],
    ["b.bin", [0, 255]],
  ])
  expect(taken[0]!.text).toBe("x")
})

test("a message that will never be taken fails at once, and is kept", async () => {
  let tries = 0
  const transport: MailTransport = {
    async send() {
      tries++
      throw new MailRejected("The mail server answered 550.")
    },
    async close() {},
  }
  const queue = newQueue()
  const letters = createMailQueue({ queue, mail: openMail(transport, { from: "shop@example.com" }), backoffMs: 1 })
  const { id } = await letters.send({ to: "ana@example.com", subject: "Hello", text: "x" })
  queue.work([letters.job])
  await until(async () => (await queue.job(id))?.state === "failed")
  expect([tries, (await queue.job(id))!.error!.message]).toEqual([
    1,
    "The message is not taken. <- The mail server answered 550.",
  ])
})

test("what is wrong with a message is said when it is pushed", async () => {
  const letters = createMailQueue({ queue: newQueue(), mail: openMail("memory:") })
  const good = { to: "ana@example.com", subject: "Hello", text: "x" }
  const stream = new Blob(["x"]).stream()
  for (const change of [
    { to: "nobody" },
    { subject: "a\nb" },
    { attachments: [{ filename: "a", content: { storage: "unknown", key: "a" } }] },
    { attachments: [{ filename: "a", content: stream as never }] },
  ])
    await expect(letters.send({ ...good, ...change })).rejects.toMatchObject({ code: "MAIL_MESSAGE_INVALID" })
  await expect(letters.send(good, { key: "a b" })).rejects.toMatchObject({ code: "MAIL_OPTION_INVALID" })
})

test("a message that is pushed within a transaction is sent if that commits, and never if it does not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-mail-queue-"))
  const url = `sqlite:${join(folder, "app.db")}`
  const db = await openDatabase(url)
  const queue = openQueue(url)
  await queue.ready()
  const mail = openMail("memory:", { from: "shop@example.com" })
  await mail.ready()
  const letters = createMailQueue({ queue, mail })
  const worker = queue.work([letters.job])
  const letter = (subject: string) => ({ to: "ana@example.com", subject, text: "x" })
  const failed = db.transaction(async (tx) => {
    await letters.in(tx).send(letter("undone"))
    throw new RangeError("no")
  })
  await expect(failed).rejects.toThrow("no")
  await db.transaction(async (tx) => {
    await letters.in(tx).send(letter("done"))
    await Bun.sleep(50)
    expect(mail.outbox!.list()).toEqual([]) // not before
  })
  await until(() => mail.outbox!.list().length > 0)
  expect(mail.outbox!.list().map(({ message }) => message.subject)).toEqual(["done"])
  await worker.stop()
  await queue.close()
  await db.close()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)
