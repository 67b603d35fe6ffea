import type { IncomingMessage } from "node:http"
import type { RequestContext, Shared } from "./context/request-context.ts"
import { NodeHeaders, type RequestHeaders } from "./context/request-headers.ts"
import { PathInvalid } from "./errors.ts"
import type { Kernel } from "./kernel.ts"
import { type Layer, layer } from "./layer.ts"
import { type Match, Router } from "./router.ts"

/** The host that a request is for: its `Host` header, or what a trusted proxy says. */
export function hostOf({ proxies }: Shared, headers: RequestHeaders, peer: () => string | undefined): string | null {
  return proxies?.originOf(peer(), headers).host ?? headers.get("host")
}

/** The same for a message of Node's, where any route wants to know it. */
export function messageHost({ hasHosts, shared }: Kernel, { headers, socket }: IncomingMessage): string | null {
  return hasHosts ? hostOf(shared, new NodeHeaders(headers), () => socket.remoteAddress) : null
}

type Label<H extends string> = H extends `${infer A}.${infer B}` ? A | Label<B> : H
/** The parameters of a host pattern: `HostParams<":tenant.example.com">` is `{ tenant: string }`. */
export type HostParams<H extends string> = {
  readonly [K in Label<H> as K extends `:${infer N}` ? N : never]: string
}

/** The layer of a host's block: puts what stood where the pattern's parameters are into `ctx.host`. */
export function hostLayer(pattern: string): Layer<{ readonly host: Readonly<Record<string, string>> }> {
  const match = hostMatcher(pattern)
  return layer({
    name: `host ${pattern}`,
    before: (ctx) => ({ host: match(nameOf((ctx as RequestContext).authority)) ?? {} }),
  }) as Layer<{ readonly host: Readonly<Record<string, string>> }>
}

/**
 * Reads a host pattern: labels as they are, or `:name` for any one label.
 * @throws {HTTP_PATH_INVALID} when a label is empty, or not a host's.
 */
export function hostMatcher(pattern: string): (host: string) => Readonly<Record<string, string>> | undefined {
  const labels = pattern.toLowerCase().split(".")
  for (const label of labels) {
    if (/^(:[a-z_][a-z0-9_]*|[a-z0-9]([a-z0-9-]*[a-z0-9])?)$/.test(label)) continue
    throw new PathInvalid(`Expected labels like "api" or ":tenant" in the host "${pattern}", got "${label}"`)
  }
  const names = pattern.split(".").map((label) => (label.startsWith(":") ? label.slice(1) : undefined))
  return (host) => {
    const parts = host.split(".")
    if (parts.length !== labels.length) return undefined
    const params: Record<string, string> = {}
    for (const [index, part] of parts.entries()) {
      const name = names[index]
      if (name === undefined ? part !== labels[index] : part === "") return undefined
      if (name !== undefined) params[name] = part
    }
    return params
  }
}

/** A `Host` header without its port, in lower case. */
function nameOf(header: string | null | undefined): string {
  const host = (header ?? "").toLowerCase()
  return host.startsWith("[") ? host.slice(0, host.indexOf("]") + 1) : host.split(":", 1)[0]!
}

/** One router for each declared host, and one for all the rest. */
export class HostRouters<T extends object> {
  readonly #any = new Router<T>()
  readonly #byHost = new Map<string, { readonly match: ReturnType<typeof hostMatcher>; readonly router: Router<T> }>()

  /** Whether any route is for one host only: otherwise nobody need look at the header. */
  get hasHosts(): boolean {
    return this.#byHost.size > 0
  }

  at(host: string | undefined): Router<T> {
    if (host === undefined) return this.#any
    const known = this.#byHost.get(host)
    if (known !== undefined) return known.router
    const router = new Router<T>()
    this.#byHost.set(host, { match: hostMatcher(host), router })
    return router
  }

  /** Plain hosts before patterns before the routes of no host. */
  find(path: string, header: string | null | undefined): Match<T> | undefined {
    if (!this.hasHosts) return this.#any.find(path)
    const host = nameOf(header)
    const exact = this.#byHost.get(host)?.router.find(path)
    if (exact !== undefined) return exact
    for (const { match, router } of this.#byHost.values()) {
      const found = match(host) === undefined ? undefined : router.find(path)
      if (found !== undefined) return found
    }
    return this.#any.find(path)
  }
}
