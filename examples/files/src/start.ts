/** `npm start`: the shelf on PORT, with its files in ./data. */
import { join } from "node:path"
import { createFilesApp } from "./app.ts"
import { Shelf } from "./shelf.ts"

const shelf = await Shelf.open(join(import.meta.dirname, "..", "data"))
const app = createFilesApp({ shelf })
const { url } = await app.listen({
  port: Number(process.env.PORT ?? 4000),
  host: process.env.HOST ?? "127.0.0.1",
  signals: true,
})

console.log(`
The shelf is at ${url}

Try:
  curl -F file=@README.md ${url}/files
  curl ${url}/files
  curl -OJ -C - ${url}/files/<id>          # goes on where it broke off
  curl -N ${url}/files/<id>/study

Stop with Ctrl-C.`)
