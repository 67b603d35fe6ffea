import type { IncomingMessage } from "node:http"
import type { RequestContext, Shared } from "./context/request-context.ts"
import { NodeHeaders, type RequestHeaders } from "./context/request-headers.ts"
import { hostIn } from "./context/target.ts"
import { PathInvalid } from "./errors.ts"
import type { Kernel } from "./kernel.ts"
import { type Layer, layer } from "./layer.ts"
import { type Match, Router, type Takes } from "./router.ts"

/** The host that a request is for: what a trusted proxy says, its `Host` header, or that of its address. */
export function hostOf(
  { proxies }: Shared,
  { headers, target }: { readonly headers: RequestHeaders; readonly target: string },
  peer: () => string | undefined,
): string | null {
  return proxies?.originOf(peer(), headers).host ?? headers.get("host") ?? hostIn(target)
}

/** The same for a message of Node's, where any route wants to know it. */
export function messageHost({ hasHosts, shared }: Kernel, { headers, socket, url }: IncomingMessage): string | null {
  if (!hasHosts) return null
  return hostOf(shared, { headers: new NodeHeaders(headers), target: url as string }, () => socket.remoteAddress)
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
 * @throws {HTTP_PATH_INVALID} when a label is empty, or not a host's, or when a name is there twice.
 */
export function hostMatcher(pattern: string): (host: string) => Readonly<Record<string, string>> | undefined {
  const labels = pattern.toLowerCase().split(".")
  for (const label of labels) {
    if (/^(:(?!__proto__$)[a-z_][a-z0-9_]*|[a-z0-9]([a-z0-9-]*[a-z0-9])?)$/.test(label)) continue
    throw new PathInvalid(`Expected labels like "api" or ":tenant" in the host "${pattern}", got "${label}"`)
  }
  const names = pattern.split(".").map((label) => (label.startsWith(":") ? label.slice(1) : undefined))
  const named = names.filter((name) => name !== undefined)
  if (new Set(named).size < named.length) throw new PathInvalid(`The host "${pattern}" has a parameter twice`)
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

/** Patterns that take the same hosts have the same shape, however their parameters are called. */
export function hostShape(pattern: string): string {
  return pattern.toLowerCase().replaceAll(/:[^.]+/g, ":")
}

/** Sorts shapes so that of two that take one host the more specific is first, read from the right, as domains are. */
function bySpecificity(one: string, other: string): number {
  const rank = (shape: string): string =>
    shape
      .split(".")
      .reverse()
      .map((label) => (label === ":" ? "1" : "0"))
      .join("")
  return rank(one).localeCompare(rank(other))
}

/** A `Host` header without its port and without the dot of the root, in lower case. */
function nameOf(header: string | null | undefined): string {
  const host = (header ?? "").toLowerCase()
  if (host.startsWith("[")) return host.slice(0, host.indexOf("]") + 1)
  const name = host.split(":", 1)[0]!
  return name.endsWith(".") ? name.slice(0, -1) : name
}

/** One router for each declared host, and one for all the rest. */
export class HostRouters<T extends object> {
  readonly #any = new Router<T>()
  readonly #plain = new Map<string, Router<T>>()
  /** The most specific first, so that the order of declaration never matters. */
  #patterns: readonly HostPattern<T>[] = []

  /** Whether any route is for one host only: otherwise nobody need look at the header. */
  get hasHosts(): boolean {
    return this.#plain.size > 0 || this.#patterns.length > 0
  }

  at(host: string | undefined): Router<T> {
    if (host === undefined) return this.#any
    const shape = hostShape(host)
    const known = this.#plain.get(shape) ?? this.#patterns.find((one) => one.shape === shape)?.router
    if (known !== undefined) return known
    const router = new Router<T>()
    if (!shape.includes(":")) this.#plain.set(shape, router)
    else {
      const all = [...this.#patterns, { shape, match: hostMatcher(host), router }]
      this.#patterns = all.sort((a, b) => bySpecificity(a.shape, b.shape))
    }
    return router
  }

  /** Plain hosts before patterns before the routes of no host. `takes`: as for a {@link Router}. */
  find(path: string, header: string | null | undefined, takes?: Takes<T>): Match<T> | undefined {
    if (!this.hasHosts) return this.#any.find(path, takes)
    const host = nameOf(header)
    const exact = this.#plain.get(host)?.find(path, takes)
    if (exact !== undefined) return exact
    for (const { match, router } of this.#patterns) {
      const found = match(host) === undefined ? undefined : router.find(path, takes)
      if (found !== undefined) return found
    }
    return this.#any.find(path, takes)
  }
}

interface HostPattern<T extends object> {
  readonly shape: string
  readonly match: ReturnType<typeof hostMatcher>
  readonly router: Router<T>
}
