/** Appends to one stream of each URL that it is given, beside other processes that do the same, and prints how many it did. */
import assert from "node:assert/strict"
import { openDatabase } from "@ashlar/orm"
import { openAudit, verifyExport } from "../audit/index.ts"

const { urls, stream, count } = JSON.parse(process.argv[2] ?? "{}") as { urls: string[]; stream: string; count: number }
const actor = { type: "process", id: String(process.pid) }

for (const url of urls) {
  const [audit, database] = [openAudit(url), await openDatabase(url)]
  const appends = Array.from({ length: count }, (_, n) =>
    n % 5 === 0
      ? database.transaction((tx) =>
          audit.in(tx).append({ action: "in.transaction", actor, details: { n } }, { stream }),
        )
      : audit.append({ action: "alone", actor, details: { n } }, { stream }),
  )
  await Promise.all(appends)
  const report = await audit.verify({ stream })
  assert.equal(report.ok, true, `${url.split(":")[0]} ${JSON.stringify(report)}`)
  const lines: string[] = []
  for await (const line of audit.export({ stream })) lines.push(line)
  assert.equal((await verifyExport(lines)).ok, true)
  await Promise.all([audit.close(), database.close()])
}
console.log("all is well")
process.exit(0)
