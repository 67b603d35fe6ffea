/**
 * `npm start`: the shop on PORT, with its data in ./data unless DATABASE_URL says where. ROLE=web answers and leaves the work to others, ROLE=work
 * does the work and answers nobody; without it one process does both, and a payment provider that is not real is there too.
 */
import { stopOnSignals } from "@ashlar/core"
import { createShopApp, openShop } from "./app.ts"
import { PaymentProvider } from "./payment-provider.ts"
import { PACE, readSettings } from "./settings.ts"
import { beginWork } from "./work.ts"

const { PORT: port = "4000", HOST: host = "127.0.0.1", DATA_FOLDER: folder = "data", ROLE: role = "all" } = process.env
const settings = readSettings(process.env, folder)
let shopUrl = ""
const provider =
  process.env.PAYMENTS_URL === undefined
    ? new PaymentProvider({
        secret: settings.paymentsSecret,
        notify: () => `${shopUrl}/hooks/payments`,
        ...{ declines: 0.1, troubles: 0.2, decisionMs: 1_500, slowMs: PACE.answerMs + 1_000 },
      })
    : undefined
if (provider !== undefined && role !== "all") {
  console.error("Expected PAYMENTS_URL: the processes of a shop ask the same payment provider.")
  process.exit(2)
}
const paymentsUrl = process.env.PAYMENTS_URL ?? (await provider!.app.listen({ port: 0 })).url
const services = await openShop({ ...settings, paymentsUrl })
const work = role === "web" ? undefined : await beginWork(services)

if (role === "work") {
  stopOnSignals(async () => {
    await work?.stop()
    await services.close()
    return { clean: true, failures: [] }
  })
  console.log("The shop works. Stop with Ctrl-C.")
} else {
  const app = await createShopApp(services)
  app.onStop(() => services.close())
  app.onStop(async () => void (await provider?.app.stop(0)))
  app.onStop(async () => work?.stop())
  shopUrl = (await app.listen({ port: Number(port), host, signals: true })).url
  console.log(`
The shop is at ${shopUrl}: what goes on in it. The routes are at ${shopUrl}/docs, the mail at ${shopUrl}/mail.

Try:
  curl ${shopUrl}/items
  curl ${shopUrl}/orders -H 'Idempotency-Key: first' -H 'Content-Type: application/json' \\
    -d '{ "email": "eva@example.com", "lines": [{ "sku": "chisel", "quantity": 2 }] }'

Stop with Ctrl-C.`)
}
