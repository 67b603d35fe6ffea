import type { AshlarError } from "@ashlar/core"
import type { App } from "../app.ts"
import type { ConnectionInfo } from "../context/context.ts"
import { PlatformMissing } from "../errors.ts"
import { type Layer, layer } from "../layer.ts"

/* What the adapters of serverless platforms share. A platform listens by itself and calls a function for each request. */

/** The part of an app that a platform needs. */
export type Answering = Pick<App, "fetch">

/** Takes work that goes on after the answer: what handlers deferred. Such work never rejects; its errors are reported. */
export type WaitUntil = NonNullable<ConnectionInfo["waitUntil"]>

export function connectionOf(address: string | undefined, waitUntil: WaitUntil): () => ConnectionInfo {
  return () => ({ address, waitUntil })
}

/** Work that is waited for here, because the platform stops the process when its function returns. */
export class PendingWork {
  readonly #work: Promise<unknown>[] = []

  readonly add: WaitUntil = (work) => {
    this.#work.push(work)
  }

  /** Ends when all of it has, also what was added meanwhile. */
  async settled(): Promise<void> {
    for (let work = this.#work.splice(0); work.length > 0; work = this.#work.splice(0)) await Promise.allSettled(work)
  }
}

const given = new WeakMap<Request, Given>()
interface Given {
  readonly platform: string
  readonly fields: object
}

/** Remembers what a platform gave with a request, for the layer that {@link platformLayer} makes. */
export function give(request: Request, platform: string, fields: object): Request {
  given.set(request, { platform, fields })
  return request
}

/** A layer that provides what the platform gave with the request. @throws {HTTP_PLATFORM_MISSING} on any other. */
export function platformLayer<Fields extends object>(platform: string, adapter: string): Layer<Fields> {
  const made: Layer = layer({
    name: platform,
    before: (ctx): object => {
      const found = given.get(ctx.request)
      if (found?.platform === platform) return found.fields
      throw new PlatformMissing(
        `This route needs what ${platform} gives with a request. Serve the app with ${adapter}(app)`,
      )
    },
  })
  return made as Layer<Fields>
}

/**
 * The last address of an `X-Forwarded-For`: the one that the platform's own front added, and the only one that the
 * caller could not write himself.
 */
export function lastForwarded(header: string | null | undefined): string | undefined {
  return withoutPort(header?.split(",").at(-1)?.trim())
}

/** `203.0.113.7:4711` and `[2001:db8::1]:4711` without the port, as Azure writes addresses. */
export function withoutPort(address: string | undefined | null): string | undefined {
  if (address === undefined || address === null || address === "") return undefined
  return /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? /^([^:]+):\d+$/.exec(address)?.[1] ?? address
}

/** Whether a `Host` names a host and nothing more: put into a URL, a path in it would take the place of the path. */
export function isHost(text: string): boolean {
  return /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(text)
}

/** The answer to a request that never reaches the app. */
export function refusal(error: AshlarError): Response {
  const { code, status, message, details } = error.report()
  const problem = {
    type: `urn:ashlar:error:${code}`,
    title: "Error",
    status,
    code,
    detail: message,
    ...(details && { details }),
  }
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store" }
  return new Response(JSON.stringify(problem), { status, headers })
}
