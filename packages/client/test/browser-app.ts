/** An app for browsers that knows a server by its types alone. */
import { createClient } from "../src/index.ts"
import type { users } from "./shop.ts"

const api = createClient<typeof users>("https://api.example.com")
console.log(await api.show({ params: { id: "1" } }))
