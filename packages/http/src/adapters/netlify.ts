import type { Layer } from "../layer.ts"
import { type Answering, connectionOf, give, platformLayer } from "./platform.ts"

/**
 * The part of Netlify's context that is used here; `@netlify/functions` has all of it.
 * @see https://docs.netlify.com/build/functions/api/#netlify-specific-context-object
 */
export interface NetlifyContext {
  /** The caller's address. */
  readonly ip: string
  waitUntil?(work: Promise<unknown>): void
}

/** What a Netlify function or edge function exports by default. */
export type NetlifyHandler<C extends NetlifyContext> = (request: Request, context: C) => Promise<Response>

/**
 * Serves an app as a Netlify function or edge function. What handlers defer goes on under Netlify's `waitUntil`.
 * @example
 * export default toNetlify(app)
 * export const config = { path: "/*" }
 */
export function toNetlify<C extends NetlifyContext = NetlifyContext>(app: Answering): NetlifyHandler<C> {
  return (request, context) =>
    app.fetch(
      give(request, "netlify", { netlify: context }),
      connectionOf(context.ip, (work) => context.waitUntil?.(work)),
    )
}

/** A layer that provides `ctx.netlify`: the site, the place of the caller, … @throws {HTTP_PLATFORM_MISSING} elsewhere. */
export function netlifyContext<C extends NetlifyContext = NetlifyContext>(): Layer<{ readonly netlify: C }> {
  return platformLayer("netlify", "toNetlify")
}
