import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test"
import { openApiProblems } from "@ashlar/openapi/testing/document-problems"
import { fuzzRoutes } from "@ashlar/testing"
import { createShopApp } from "../src/app.ts"
import { ownDatabases } from "./own-databases.ts"
import { type RunningShop, runShop } from "./running-shop.ts"

setDefaultTimeout(120_000)
let shop: RunningShop
beforeAll(async () => {
  shop = await runShop(ownDatabases[0]!)
})
afterAll(() => shop.stop())

test("the document is taken by its judges, and describes what there is", async () => {
  const document = (await (await shop.ask("GET", "/openapi.json")).json()) as { paths: object; webhooks: object }
  expect(await openApiProblems(document)).toEqual([])
  expect(Object.keys(document.paths).toSorted()).toEqual([
    "/endpoints",
    "/endpoints/{id}",
    "/hooks/payments",
    "/items",
    "/mail",
    "/mail/{id}",
    "/mail/{id}/attachments/{index}",
    "/mail/{id}/html",
    "/ops/events",
    "/ops/redrive",
    "/orders",
    "/orders/{id}",
    "/orders/{id}/cancel",
    "/reports",
    "/reports/{day}",
  ])
  expect(Object.keys(document.webhooks)).toEqual(["order.created", "order.paid", "order.shipped", "order.cancelled"])
})

test("whatever is sent, the routes keep their promises", async () => {
  const app = await createShopApp(shop.services)
  const { id } = await shop.place([{ sku: "chisel", quantity: 1 }])
  const values = { id: [id], sku: ["chisel", "line"], email: ["eva@example.com"] }
  const { neverSucceeded } = await fuzzRoutes(app, { seed: 1, runs: 60, values })
  // What needs a key for each request, a signature, or a mail, a report or an endpoint that is there.
  expect(neverSucceeded.toSorted()).toEqual([
    "GET /mail/:id",
    "GET /mail/:id/attachments/:index",
    "GET /mail/:id/html",
    "endpoints.remove",
    "operations.report",
    "orders.place",
    "payments.news",
  ])
})
