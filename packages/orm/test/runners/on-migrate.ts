import { openMigrator } from "../../src/migrations/index.ts"

// bun on-migrate.ts url folder
const [url = "", folder = ""] = process.argv.slice(2)
await using migrator = await openMigrator(url, { folder, lockWaitMs: 30_000 })
process.stdout.write("ready\n")
const names = await migrator.up({ onProgress: ({ step }) => process.stdout.write(`step ${step}\n`) })
process.stdout.write(`${JSON.stringify({ applied: names })}\n`)
