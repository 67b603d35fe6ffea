import { AshlarError, systemClock, uuidv7 } from "@ashlar/core"
import { openRootKey, type RootKey } from "@ashlar/crypto/root-keys"
import { type App, createApp, post } from "@ashlar/http"
import { ServiceRefused } from "@ashlar/identity"
import { createLog, type Log } from "../log.ts"
import { KMS_SERVICE, MAX_CALL_BYTES, PLATFORM_SERVICE, ROOT_KEY_PATH } from "./root-wire.ts"
import { openServiceChannel, type ServiceChannel } from "./service-channel.ts"

export interface RootServiceOptions {
  /** 0 picks a free one. */
  readonly port: number
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** The root key by URL, as for the platform itself. */
  readonly rootKey: string
  /** The file of the service key. It is made where it is missing. */
  readonly serviceKey: string
  readonly log?: Log
}

/** A process that has the root key, and nothing else: no data, no accounts, no page. */
export interface RootService {
  readonly url: string
  readonly port: number
  stop(graceMs?: number): Promise<void>
}

/**
 * Starts the process that wraps and unwraps for the platform, by service tokens alone.
 *
 * @throws {SERVER_SERVICE_KEY_INVALID} {HTTP_LISTEN_FAILED} and what the root key throws, `CRYPTO_ROOT_KEY_…`
 */
export async function startRootService(options: RootServiceOptions): Promise<RootService> {
  const { port, host = "127.0.0.1", rootKey, serviceKey, log = createLog() } = options
  const root = await openRootKey(rootKey)
  try {
    const own = { from: KMS_SERVICE, to: KMS_SERVICE, clock: systemClock, ids: uuidv7 }
    const channel = await openServiceChannel({ keyFile: serviceKey, create: true, ...own })
    const app = rootServiceApp(root, channel, log)
    const server = await app.listen({ port, host })
    return {
      url: server.url,
      port: server.port,
      async stop(graceMs = 10_000) {
        await app.stop(graceMs)
        await root.close()
      },
    }
  } catch (error) {
    await root.close()
    throw error
  }
}

export function rootServiceApp(root: RootKey, channel: ServiceChannel, log: Log): App {
  const app = createApp({ onError: (error) => log.error("the root key was not used", error) })
  app.get("/health", () => ({ status: "ok" }))
  app.add(
    post(
      ROOT_KEY_PATH,
      { summary: "Uses the root key for a service", maxBodyBytes: MAX_CALL_BYTES, errors: [ServiceRefused] },
      async (ctx) => {
        const [, token] = /^Service ([\w.-]+)$/.exec(ctx.headers.get("authorization") ?? "") ?? []
        if (token === undefined) throw new ServiceRefused()
        const call = { token, body: await ctx.read("bytes") }
        const { caller, question } = await channel.take(ROOT_KEY_PATH, call)
        // Both have the key: who may ask is said, not left to who can.
        if (caller.service !== PLATFORM_SERVICE) throw new ServiceRefused()
        const sealed = channel.answer(call, await use(root, question as Question, log))
        return new Response(Buffer.from(sealed), {
          headers: { "content-type": "application/octet-stream", "cache-control": "no-store" },
        })
      },
    ),
  )
  return app
}

interface Question {
  readonly action?: unknown
  readonly bytes?: unknown
  readonly context?: unknown
}

async function use(root: RootKey, { action, bytes, context }: Question, log: Log): Promise<object> {
  if (action === "describe") return { id: root.id }
  const isWrap = action === "wrap"
  if ((!isWrap && action !== "unwrap") || typeof bytes !== "string") throw new ServiceRefused()
  const given = Buffer.from(bytes, "base64")
  // A context says what is wrapped and whose: it is not secret, and names the key in the log.
  const tell = (outcome: string): void => log.info("the root key was used", { action, outcome, context })
  try {
    const made = await (isWrap ? root.wrap(given, context as never) : root.unwrap(given, context as never))
    tell("success")
    const text = Buffer.from(made).toString("base64")
    if (!isWrap) made.fill(0)
    return { bytes: text }
  } catch (error) {
    if (!(error instanceof AshlarError && error.code.startsWith("CRYPTO_"))) throw error
    tell(error.code)
    return { code: error.code }
  } finally {
    if (isWrap) given.fill(0)
  }
}
