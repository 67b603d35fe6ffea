/** `npm start`: on PORT, with three contacts to begin with. */
import { AddressBook } from "./address-book.ts"
import { createContactsApp } from "./app.ts"

const book = new AddressBook()
for (const [name, city] of [
  ["Ana", "Delft"],
  ["Bram", "Leiden"],
  ["Cleo", "Utrecht"],
] as const)
  book.add({ name, city, email: `${name.toLowerCase()}@example.com`, phone: null, note: "" })
const { url } = await createContactsApp(book).listen({
  port: Number(process.env.PORT ?? 4000),
  host: process.env.HOST ?? "127.0.0.1",
  signals: true,
})
console.log(`Contacts at ${url}, the page at ${url}/docs`)
