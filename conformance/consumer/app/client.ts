import { createClient } from "@ashlar/client"
import type { users } from "./server.js"

export async function call(url: string): Promise<string> {
  const api = createClient<typeof users>(url)
  const user: { id: string; name: string; age?: number | undefined } = await api.show({ params: { id: "7" } })
  const missing = await api.show({ params: { id: "0" } }).result()
  const code: "HTTP_NOT_FOUND" | `CLIENT_${string}` | "" = missing.ok ? "" : missing.error.code
  const made = await api.create({ body: { name: "Grace" } })
  let rows = 0
  for await (const { n } of await api.rows()) rows += n
  const socket = await api.chat()
  socket.send({ hello: true })
  for await (const message of socket) {
    socket.close()
    return JSON.stringify([user, code, made, rows, message])
  }
  return ""
}

export function wrong(url: string): unknown {
  const api = createClient<typeof users>(url)
  // @ts-expect-error: the id is missing
  return [api.show(), api.create({ body: { name: "a" } })]
}
