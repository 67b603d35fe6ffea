import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createClient } from "@ashlar/client"
import { batching } from "@ashlar/client/batch"
import type { Server } from "@ashlar/http"
import { testApp } from "@ashlar/testing"
import { AddressBook } from "./address-book.ts"
import { createContactsApp } from "./app.ts"
import type { contactRoutes } from "./routes.ts"

type Routes = ReturnType<typeof contactRoutes>

const app = createContactsApp(new AddressBook())
const api = testApp(app)
let server: Server
beforeAll(async () => {
  server = await app.listen({ port: 0 })
  const keeper = createClient<Routes>(server.url, { token: () => "keeper" })
  const contacts = ["Ana", "Bram", "Cleo", "Dirk", "Eva"].map((name, at) => ({
    name,
    email: `${name}@example.com`,
    city: at % 2 === 0 ? "Delft" : "Leiden",
    phone: `+31 ${at}`,
    note: "met at a fair",
  }))
  expect(await keeper.book.import({ body: contacts })).toEqual({ added: 5, known: 0 })
  expect(await keeper.book.import({ body: contacts })).toEqual({ added: 0, known: 5 })
})
afterAll(async () => {
  await api.close()
  await app.stop(0)
})

describe("visitors", () => {
  const visitor = () => createClient<Routes>(server.url)
  test("filter, sort and page", async () => {
    const found = await visitor().contacts.list({
      query: { "filter[city][eq]": "Delft", sort: "-name", limit: 2, offset: 1 },
    })
    expect(found.map(({ name }) => name)).toEqual(["Cleo", "Ana"])
    const response = await fetch(`${server.url}/contacts?filter[city][in]=Delft,Leiden&limit=2`)
    expect(response.headers.get("link")).toContain('offset=4>; rel="last"')
  })
  test("see neither notes nor phone numbers", async () => {
    const shown = await visitor().contacts.show({ params: { id: "1" } })
    expect(shown).toEqual({ id: 1, name: "Ana", email: "Ana@example.com", city: "Delft" })
    expect(JSON.stringify(await visitor().contacts.list())).not.toContain("fair")
  })
  test("are told which orders there are", async () => {
    await api.get("/contacts?sort=phone").expectProblem("HTTP_INVALID", { errors: [{ in: "query", pointer: "/sort" }] })
  })
  test("may not add, and learn that by a typed error", async () => {
    const body = { name: "X", email: "x@example.com", city: "Delft" }
    const refused = await visitor().contacts.add({ body }).result()
    expect(!refused.ok && refused.error.code === "HTTP_UNAUTHORIZED").toBe(true)
  })
})

describe("keepers", () => {
  const keeper = () =>
    createClient<Routes>(server.url, { token: () => "keeper", transport: batching({ path: "/rpc" }) })
  test("see all of it", async () => {
    const shown = await keeper().contacts.show({ params: { id: "1" } })
    expect([shown.phone, shown.note]).toEqual(["+31 0", "met at a fair"])
  })
  test("do several things in one request", async () => {
    const client = keeper()
    const [again, cities] = await Promise.all([
      client.contacts.add({ body: { name: "Ana", email: "Ana@example.com", city: "Delft" } }).result(),
      client.book.cities(),
    ])
    expect(!again.ok && again.error.code).toBe("HTTP_CONFLICT")
    expect(cities).toEqual(["Delft", "Leiden"])
  })
})
