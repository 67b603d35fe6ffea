import type { MailQueue } from "@ashlar/mail/queue"
import type { Database } from "@ashlar/orm"
import { defineSchedule, type Schedule } from "@ashlar/scheduler"
import type { Storage } from "@ashlar/storage"
import { Order } from "./models/order.ts"
import { euros } from "./notices.ts"

export interface ReportParts {
  readonly db: Database
  readonly storage: Storage
  readonly letters: MailQueue
  readonly reportsTo: string
}

const DAY_MS = 86_400_000

/** Every morning: what was sold the day before. Done again, after a crash, it writes the same file and sends the same mail, once. */
export function dailyReport(parts: ReportParts): Schedule {
  return defineSchedule("daily-report", { cron: "0 6 * * *" }, async ({ at }) => {
    await writeReport(parts, new Date(at.getTime() - DAY_MS).toISOString().slice(0, 10))
  })
}

/** @param day In UTC: `2026-11-28`. @returns the key of the report. */
export async function writeReport({ db, storage, letters, reportsTo }: ReportParts, day: string): Promise<string> {
  const sold = new Map<string, { pieces: number; cents: number }>()
  let [orders, totalCents] = [0, 0]
  const from = new Date(`${day}T00:00:00Z`)
  const shipped = Order.in(db)
    .query()
    .where("state", "shipped")
    .where("endedAt", ">=", from)
    .where("endedAt", "<", new Date(from.getTime() + DAY_MS))
  for await (const page of shipped.with("lines").chunk(500))
    for (const order of page) {
      orders++
      totalCents += order.totalCents
      for (const { sku, quantity, priceCents } of order.lines) {
        const { pieces, cents } = sold.get(sku) ?? { pieces: 0, cents: 0 }
        sold.set(sku, { pieces: pieces + quantity, cents: cents + quantity * priceCents })
      }
    }
  const rows = [...sold].toSorted(([, a], [, b]) => b.cents - a.cents)
  const key = `${day}.csv`
  const csv = ["item,pieces,cents", ...rows.map(([sku, { pieces, cents }]) => `${sku},${pieces},${cents}`), ""].join(
    "\n",
  )
  await storage.put(key, csv, { contentType: "text/csv;charset=utf-8" })
  await letters.send(
    {
      to: reportsTo,
      subject: `Sales of ${day}: ${euros(totalCents)}`,
      text: `${orders} orders were shipped on ${day}, for ${euros(totalCents)}. The items are in the file.`,
      attachments: [{ filename: `sales-${key}`, content: { storage: "reports", key } }],
    },
    { key: `report-${day}` },
  )
  return key
}
