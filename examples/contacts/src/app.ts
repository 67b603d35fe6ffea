import { type App, createApp } from "@ashlar/http"
import { batch } from "@ashlar/http/batch"
import { publishRoutes } from "@ashlar/http/contract"
import { openapi } from "@ashlar/openapi"
import { AddressBook } from "./address-book.ts"
import { contactRoutes } from "./routes.ts"

/** The address book, its documents, and at `/docs` a page that shows and tries it. */
export function createContactsApp(book: AddressBook = new AddressBook()): App {
  const app = createApp()
  app.add(contactRoutes(book))
  app.add(batch(app, { path: "/rpc" }))
  app.add(publishRoutes(app))
  openapi(app, { title: "Contacts", version: "1.0.0", license: { name: "MIT", identifier: "MIT" } })
  return app
}
