import type { AshlarError } from "@ashlar/core"
import { Channel, type ChannelSocket } from "../channel.ts"
import type { Exchange } from "../exchange.ts"

const CHANNEL_FD = 3

/** Connects a function's process to the platform over the descriptor that it was started with. */
export async function openLink(onOpen: (exchange: Exchange) => void): Promise<Channel> {
  const channel = new Channel({
    role: "guest",
    onOpen,
    // Without its platform the process has nothing to do, and nobody to tell.
    onFault: (_error: AshlarError) => process.exit(0),
  })
  await Bun.connect({
    fd: CHANNEL_FD,
    socket: {
      open: (socket: ChannelSocket) => channel.attach(socket),
      data: (_socket: unknown, bytes: Uint8Array) => channel.receive(bytes),
      drain: () => channel.drained(),
      close: () => channel.fail(),
      error: () => channel.fail(),
    },
  } as unknown as Parameters<typeof Bun.connect>[0])
  return channel
}
