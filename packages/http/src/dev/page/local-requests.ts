import type { BaseContext } from "../../context/context.ts"

/** A proxy writes one of these: whoever is behind it is somewhere else, whatever the peer's address. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via", "cf-connecting-ip"]

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/
const LOCAL_HOST = /^(?:localhost|[a-z0-9-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i

/**
 * Whether a request comes from a browser on this machine: its peer is this machine, no proxy stands between, and it was
 * sent to a name of this machine (another site's name may be made to point here).
 *
 * @returns why it is not; undefined: it is.
 */
export function remoteReason({ address, headers }: Pick<BaseContext, "address" | "headers">): string | undefined {
  if (address === undefined || !LOOPBACK.test(address)) return `the request comes from ${address ?? "nowhere known"}`
  const forwarded = FORWARDED.find((name) => headers.get(name) !== null)
  if (forwarded !== undefined) return `a proxy passed it on (${forwarded})`
  const host = headers.get("host") ?? ""
  return LOCAL_HOST.test(host) ? undefined : `it was sent to ${host === "" ? "no host" : host.slice(0, 100)}`
}
