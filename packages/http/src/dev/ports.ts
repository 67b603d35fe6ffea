import { loadOwnAdapter } from "#own-adapter"
import type { Kernel } from "../kernel.ts"
import type { Server, Where } from "../server.ts"
import { Gateway, type GatewayOptions } from "./gateway.ts"

/** A port that is open as long as any code wants it. */
export interface DevPort {
  readonly gateway: Gateway
  readonly server: Server
}

/** How many ports after a busy one are tried where nobody insists on it. */
const MORE_PORTS = 9

/** The ports of a development process: they outlive the code that asked for them. */
export class DevPorts {
  readonly #kernels: GatewayOptions
  readonly #ports = new Map<string, DevPort>()

  constructor(kernels: GatewayOptions) {
    this.#kernels = kernels
  }

  get keys(): readonly string[] {
    return [...this.#ports.keys()]
  }

  /**
   * The port of this key, opened when it is first asked for.
   * @param isFlexible Whether another port will do when this one is busy.
   * @throws {HTTP_LISTEN_FAILED}
   */
  async open(key: string, options: Where, isFlexible: boolean): Promise<DevPort> {
    const known = this.#ports.get(key)
    if (known !== undefined) return known
    const gateway = new Gateway(this.#kernels)
    const server = await listen(gateway.kernel, options, isFlexible ? MORE_PORTS : 0)
    const port = { gateway, server }
    this.#ports.set(key, port)
    return port
  }

  get(key: string): DevPort | undefined {
    return this.#ports.get(key)
  }

  /** Closes the ports that are not wanted any more. */
  async keep(keys: ReadonlySet<string>, graceMs: number): Promise<void> {
    const leaving = [...this.#ports].filter(([key]) => !keys.has(key))
    for (const [key] of leaving) this.#ports.delete(key)
    await Promise.all(leaving.map(([, { server }]) => server.stop(graceMs)))
  }
}

async function listen(kernel: Kernel, options: Where, more: number): Promise<Server> {
  const adapter = await loadOwnAdapter(options.strictWebSockets)
  try {
    return await adapter(kernel, options)
  } catch (error) {
    const { port } = options
    const isBusy = (error as { cause?: { code?: string } }).cause?.code === "EADDRINUSE"
    if (!isBusy || more === 0 || port >= 65_535) throw error
    return listen(kernel, { ...options, port: port + 1 }, more - 1)
  }
}
