import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import { Redis } from "ioredis"

/** Takes away what tests left in NATS. */
export async function deleteStreams(port: number, prefix: string): Promise<void> {
  const connection = await connect({ servers: `127.0.0.1:${port}` })
  const manager = await jetstreamManager(connection)
  for await (const { config } of manager.streams.list())
    if (config.name.startsWith(prefix)) await manager.streams.delete(config.name)
  await connection.close()
}

/** Takes away what tests left in Redis. */
export async function deleteKeys(port: number, prefix: string): Promise<void> {
  const client = new Redis(port, "127.0.0.1")
  for await (const keys of client.scanStream({ match: `{${prefix}*`, count: 1_000 }) as AsyncIterable<string[]>)
    if (keys.length > 0) await client.del(...keys)
  client.disconnect()
}
