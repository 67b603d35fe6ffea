import pg from "pg"
import type { ChannelListener, StopListening } from "../driver.ts"
import { quoteName } from "../sql.ts"
import type { PostgresTarget } from "./postgres-client.ts"

const RETRY_MS = 500

/** Listens by `pg`. */
export async function listenByPg(
  target: PostgresTarget,
  channel: string,
  listener: ChannelListener,
): Promise<StopListening> {
  const text = `listen ${quoteName(channel, "postgres")}`
  let isOver = false
  let current: pg.Client | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const open = async (): Promise<void> => {
    const client = new pg.Client({
      host: target.host,
      port: target.port,
      user: target.user,
      // Never undefined: then the library would look for one in the environment or in a file.
      password: target.password,
      database: target.database,
      ssl: target.tls ?? false,
      connectionTimeoutMillis: target.connectTimeoutMs,
      keepAlive: true,
      application_name: "ashlar",
    })
    client.on("error", () => undefined) // `end` follows
    client.on("notification", ({ payload }) => listener.onNotice(payload ?? ""))
    try {
      await client.connect()
      await client.query(text)
    } catch (error) {
      await client.end().catch(() => undefined)
      throw error
    }
    client.on("end", () => {
      if (isOver) return
      listener.onLost?.()
      again()
    })
    current = client
    listener.onListening?.()
  }
  const again = (): void => {
    timer = setTimeout(() => void open().catch(() => (isOver ? undefined : again())), RETRY_MS)
    timer.unref?.()
  }

  await open()
  return async () => {
    isOver = true
    clearTimeout(timer)
    await current?.end().catch(() => undefined)
  }
}
