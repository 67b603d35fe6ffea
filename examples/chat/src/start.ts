/** `npm start`: a chat on PORT; with BUS_URL it is one of several processes of one chat. */
import { createChat } from "./app.ts"

const { BUS_URL: bus = "memory:", PORT: port = "4000", HOST: host = "127.0.0.1" } = process.env
const { app, hub } = createChat(bus)
await hub.open()
app.onStop(() => hub.close())
const { url } = await app.listen({ port: Number(port), host, signals: true })

console.log(`
The chat is at ${url}

Open it twice, or start a second process that shares its rooms:
  PORT=4001 BUS_URL=redis://127.0.0.1:6379 npm start
  PORT=4002 BUS_URL=redis://127.0.0.1:6379 npm start

Stop with Ctrl-C.`)
