import { createHash } from "node:crypto"
import type { BaseContext } from "@ashlar/http"

/** Names a request by what it asks for: the method, the address with its query, the type and the bytes of the body. */
export async function fingerprintOf(
  ctx: BaseContext,
  own: ((ctx: BaseContext, body: Uint8Array) => string) | undefined,
): Promise<string> {
  const body = await ctx.rawBody()
  if (own !== undefined) return hash([own(ctx, body)])
  const { pathname, search } = ctx.url
  const bodyHash = createHash("sha256").update(body).digest("hex")
  return hash([ctx.method, pathname + search, ctx.headers.get("content-type") ?? "", bodyHash])
}

/** Of several texts, so that no two lists have one name. */
export function hash(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex")
}
