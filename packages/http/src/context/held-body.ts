import { counted, parseJson, tooLarge } from "../body.ts"
import type { RequestContext } from "./request-context.ts"

/**
 * Makes a context give a body that was read already, whoever reads it and however often. Written over the context's own ways, so
 * that requests whose body nobody holds pay nothing for it.
 */
export function holdBody(ctx: RequestContext, body: Uint8Array): void {
  const whole = (maxBytes: number) => (body.byteLength > maxBytes ? tooLarge(maxBytes) : body)
  const ways: Pick<RequestContext, "readBytes" | "readJson" | "chunks"> = {
    readBytes: async (maxBytes) => whole(maxBytes),
    async readJson(maxBytes) {
      const bytes = whole(maxBytes)
      return bytes === body ? parseJson(new TextDecoder().decode(body)) : bytes
    },
    chunks: (maxBytes = ctx.route.maxBodyBytes) => counted(once(body), maxBytes),
  }
  Object.assign(ctx, ways)
  let request: Request | undefined
  const former = () => Reflect.get(Object.getPrototypeOf(ctx), "request", ctx) as Request
  Object.defineProperty(ctx, "request", {
    configurable: true,
    get(): Request {
      request ??= withBody(former(), body)
      return request
    },
  })
}

function withBody({ url, method, headers, signal }: Request, body: Uint8Array): Request {
  const hasBody = method !== "GET" && method !== "HEAD" && body.byteLength > 0
  return new Request(url, { method, headers, signal, ...(hasBody && { body: body as Uint8Array<ArrayBuffer> }) })
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  if (body.byteLength > 0) yield body
}
