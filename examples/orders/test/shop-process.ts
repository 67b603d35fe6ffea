/** One process of a shop, for tests: its settings as JSON in SHOP_SETTINGS, its ROLE `web` or `work`. It says `ready` and where it is. */
import { createShopApp, openShop } from "../src/app.ts"
import type { ShopSettings } from "../src/settings.ts"
import { beginWork } from "../src/work.ts"

const services = await openShop(JSON.parse(process.env.SHOP_SETTINGS!) as ShopSettings)
if (process.env.ROLE === "work") {
  await beginWork(services)
  console.log("ready at work")
} else {
  const { url } = await (await createShopApp(services)).listen({ port: 0 })
  console.log(`ready at ${url}`)
}

// Whoever started it is gone: so is this.
process.stdin.on("end", () => process.exit(1)).resume()
