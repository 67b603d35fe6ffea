import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import { connect as connectToRabbit } from "amqplib"

/* What tests leave on servers that others use too. */

export async function dropRedisKeys(port: number, pattern: string): Promise<void> {
  const client = new Bun.RedisClient(`redis://127.0.0.1:${port}`)
  const keys = (await client.send("KEYS", [pattern])) as string[]
  if (keys.length > 0) await client.send("DEL", keys)
  client.close()
}

export async function dropStreams(port: number, prefix: string): Promise<void> {
  const connection = await connect({ servers: `127.0.0.1:${port}` })
  const manager = await jetstreamManager(connection)
  for await (const name of manager.streams.names()) if (name.startsWith(prefix)) await manager.streams.delete(name)
  await connection.close()
}

export async function dropExchanges(port: number, exchanges: readonly string[]): Promise<void> {
  const connection = await connectToRabbit(`amqp://127.0.0.1:${port}`)
  const channel = await connection.createChannel()
  for (const exchange of exchanges) {
    await channel.deleteQueue(`${exchange}.partitions`)
    await channel.deleteExchange(exchange)
  }
  await connection.close()
}
