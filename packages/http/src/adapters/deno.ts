import { ListenFailed } from "../errors.ts"
import { type ListenOptions, type Servable, type Server, serverUrl } from "../server.ts"

/** The part of Deno's own API that is used here. @see https://docs.deno.com/api/deno/~/Deno.serve */
interface DenoRuntime {
  serve(
    options: { port: number; hostname: string; onListen: () => void },
    handler: (request: Request, info: { remoteAddr: { hostname?: string } }) => Response | Promise<Response>,
  ): { addr: { port: number }; shutdown(): Promise<void>; finished: Promise<void> }
}

/** Listens on Deno. */
export async function listenDeno(app: Servable, { port, host }: Required<ListenOptions>): Promise<Server> {
  const { Deno: deno } = globalThis as unknown as { Deno: DenoRuntime }
  try {
    const server = deno.serve({ port, hostname: host, onListen: () => undefined }, (request, info) =>
      app.fetch(request, () => ({ address: info.remoteAddr.hostname })),
    )
    const bound = server.addr.port
    const stop = async (graceMs: number): Promise<void> => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs)
      })
      await Promise.race([server.shutdown(), grace])
      clearTimeout(timer)
    }
    return { port: bound, host, url: serverUrl(host, bound), stop }
  } catch (cause) {
    throw new ListenFailed(`Could not listen on ${host}:${port}: ${String((cause as Error).message)}`, { cause })
  }
}
