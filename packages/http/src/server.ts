import type { App } from "./app.ts"
import type { StopOptions } from "./app-lifecycle.ts"
import type { Kernel } from "./kernel.ts"

/** Where to listen. */
export interface ListenOptions {
  /** 0 picks a free port. Default 3000. */
  readonly port?: number
  /** Default `127.0.0.1`: reachable from this machine only. `0.0.0.0` opens it to the network. */
  readonly host?: string
  /**
   * A connection on which nothing moves for so long is closed. Up to 255. Default 30. Deno keeps connections to an app that
   * has WebSocket routes, unless `strictWebSockets` is set. 0: none is closed, because what stands in front of the app ends
   * slow and silent clients; on Deno the smallest request then costs a twentieth less.
   */
  readonly idleTimeoutSeconds?: number
  /**
   * On Deno: whether WebSocket connections keep every rule and limit there is. Deno's own server takes unmasked frames,
   * messages of 64 MiB, says no reason when it ends a connection, and keeps slow and silent clients of an app that has
   * WebSocket routes; with this the app runs on Deno's `node:http`, where a plain request costs nearly three times as
   * much. Nothing changes elsewhere. Default: false.
   */
  readonly strictWebSockets?: boolean
  /**
   * Makes SIGTERM and SIGINT stop the app (see `App.stop`) and then the process: with exit code 0, or with 1 when something
   * had to be cut or did not close, which standard error then names. A second signal exits at once with 128 + its number.
   * Default: false, as the process may have more to end than this app. Under `ashlar dev` nothing changes.
   */
  readonly signals?: boolean | StopOptions
}

/** What an adapter is told: where to listen, and for how long connections may be idle. */
export type Where = Required<Omit<ListenOptions, "signals">>

/** How long a connection may be idle, in milliseconds. */
export function idleMsOf({ idleTimeoutSeconds }: Pick<Where, "idleTimeoutSeconds">): number {
  return idleTimeoutSeconds === 0 ? Number.POSITIVE_INFINITY : idleTimeoutSeconds * 1000
}

/** A server that listens. */
export interface Server {
  readonly port: number
  readonly host: string
  /** `http://host:port` */
  readonly url: string
  /**
   * Refuses new connections, lets requests under way end, and cuts what is left after the grace.
   * @returns how many connections had to be cut.
   */
  stop(graceMs: number): Promise<number>
}

/** What an adapter is: it serves a kernel on its runtime. */
export type Adapter = (kernel: Kernel, where: Where) => Promise<Server>
/** An adapter, or what stands in for it and may want the app itself. */
export type Listen = (kernel: Kernel, where: Where, app: App) => Promise<Server>

let standIn: Listen | undefined

/**
 * Lets apps of this process listen through something else than their runtime's adapter, or through that again. For
 * development tools: they serve an app on a port that they keep, or only look at its table.
 */
export function listenThrough(listen: Listen | undefined): void {
  standIn = listen
}

/** What else listens for the apps of this process, and ends them. */
export function listensInstead(): Listen | undefined {
  return standIn
}

/** The address to show and to call for a host that was listened on. */
export function serverUrl(host: string, port: number): string {
  const shown = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host
  return `http://${shown}:${port}`
}
