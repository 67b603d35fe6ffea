import { openDatabase } from "../../src/index.ts"

// node on-node-ask.ts url … : for each, "answered" or the code of the error
for (const url of process.argv.slice(2)) {
  const db = await openDatabase(url)
  const asked = db.sql`select 1 as one`.all().then(
    () => "answered",
    (error: { code: string }) => error.code,
  )
  console.log(await asked)
  await db.close()
}
