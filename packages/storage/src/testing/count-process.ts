/** Adds to a number so many times, each time only if nobody else did meanwhile. */
import { openStorage, StoragePreconditionFailed } from "../index.ts"

const [url = "", times = "0"] = process.argv.slice(2)
const storage = openStorage(url)
for (let done = 0; done < Number(times); ) {
  const { etag } = (await storage.head("counter"))!
  try {
    const value = Number(await storage.text("counter", { ifMatch: etag }))
    await storage.put("counter", String(value + 1), { ifMatch: etag })
    done++
  } catch (error) {
    if (!(error instanceof StoragePreconditionFailed)) throw error
  }
}
await storage.close()
