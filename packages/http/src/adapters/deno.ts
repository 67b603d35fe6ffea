import type { Peer } from "../context/web-context.ts"
import { ListenFailed } from "../errors.ts"
import type { Kernel } from "../kernel.ts"
import { type ListenOptions, type Server, serverUrl } from "../server.ts"
import { createWebHandler } from "../web-handler.ts"
import { DenoWebSockets } from "../websocket/web.ts"

interface DenoConnection {
  readonly remoteAddr: { readonly hostname?: string }
}

/** The part of Deno's own API that is used here. @see https://docs.deno.com/api/deno/~/Deno.serve */
interface DenoRuntime {
  serve(
    options: { port: number; hostname: string; onListen: () => void },
    handler: (request: Request, info: DenoConnection) => Response | Promise<Response>,
  ): { addr: { port: number }; shutdown(): Promise<void>; finished: Promise<void> }
}

const peer: Peer = { address: (_request, info) => (info as DenoConnection).remoteAddr.hostname }

/** Listens on Deno. */
export async function listenDeno(kernel: Kernel, { port, host }: Required<ListenOptions>): Promise<Server> {
  const { Deno: deno } = globalThis as unknown as { Deno: DenoRuntime }
  const sockets = kernel.websocket && new DenoWebSockets()
  const handle = createWebHandler(kernel, peer, { renderUpgrade: sockets && (() => sockets.render) })
  try {
    const server = deno.serve({ port, hostname: host, onListen: () => undefined }, handle)
    const bound = server.addr.port
    const stop = async (graceMs: number): Promise<void> => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs)
      })
      await Promise.race([Promise.all([sockets?.closeAll(), server.shutdown()]), grace])
      clearTimeout(timer)
      sockets?.terminateAll()
    }
    return { port: bound, host, url: serverUrl(host, bound), stop }
  } catch (cause) {
    throw new ListenFailed(`Could not listen on ${host}:${port}: ${String((cause as Error).message)}`, { cause })
  }
}
