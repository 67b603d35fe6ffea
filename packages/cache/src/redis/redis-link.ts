import { type DriverUrl, withDeadline } from "@ashlar/core"
import { CacheClosed, CacheStoreFailed } from "../errors.ts"

export interface RedisOptions {
  /** The first part of every key: keeps apps apart that use one server. */
  readonly prefix: string
  readonly connectTimeoutMs: number
  readonly commandTimeoutMs: number
}

export type Reply = string | number | null | readonly Reply[]

/** One connection of a client library, which comes back by itself and refuses commands while it is away. */
export interface RedisClient {
  connect(): Promise<unknown>
  send(command: string, args: readonly string[]): Promise<unknown>
  subscribe(channel: string, listener: (payload: string) => void): Promise<unknown>
  onState(callback: (isConnected: boolean) => void): void
  close(): void
}
export type OpenClient = (url: string, options: RedisOptions) => RedisClient

/** A Lua script, known to the server by its hash. */
export interface Script {
  readonly text: string
  readonly sha: string
}
export function script(text: string): Script {
  const { createHash } = process.getBuiltinModule("node:crypto") as typeof import("node:crypto")
  return { text, sha: createHash("sha1").update(text).digest("hex") }
}

/** A connection to Redis whose every failure is a CACHE_STORE_FAILED, in time. */
export class RedisLink {
  readonly #client: RedisClient
  readonly #timeoutMs: number
  #isClosed = false

  private constructor(client: RedisClient, { commandTimeoutMs }: RedisOptions) {
    this.#client = client
    this.#timeoutMs = commandTimeoutMs
  }

  /** @throws {CACHE_STORE_FAILED} when nobody answers in time. */
  static async open(url: DriverUrl, options: RedisOptions, openClient: OpenClient): Promise<RedisLink> {
    const client = openClient(redisUrl(url), options)
    const failed = (cause?: unknown) => new CacheStoreFailed(`Redis does not answer at ${url}`, { cause })
    try {
      await withDeadline(() => client.connect(), options.connectTimeoutMs, failed)
    } catch (cause) {
      client.close()
      throw cause instanceof CacheStoreFailed ? cause : failed(cause)
    }
    return new RedisLink(client, options)
  }

  async send(command: string, ...args: readonly string[]): Promise<Reply> {
    return (await this.#answer(command, args)) as Reply
  }

  async run({ text, sha }: Script, keys: readonly string[], args: readonly string[]): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args]
    try {
      return await this.send("EVALSHA", sha, ...rest)
    } catch (error) {
      // A server that was started anew knows no script.
      if (!isNoScript(error)) throw error
      return await this.send("EVAL", text, ...rest)
    }
  }

  /** What arrives while the connection is lost is missed. */
  async subscribe(channel: string, listener: (payload: string) => void): Promise<void> {
    const late = () => new CacheStoreFailed(`Redis did not subscribe within ${this.#timeoutMs} ms`)
    await withDeadline(() => this.#client.subscribe(channel, listener), this.#timeoutMs, late)
  }
  onState(callback: (isConnected: boolean) => void): void {
    this.#client.onState(callback)
  }
  close(): void {
    this.#isClosed = true
    this.#client.close()
  }

  async #answer(command: string, args: readonly string[]): Promise<unknown> {
    if (this.#isClosed) throw new CacheClosed("The connection to Redis was closed")
    const late = () => new CacheStoreFailed(`Redis did not answer ${command} within ${this.#timeoutMs} ms`)
    try {
      return await withDeadline(() => this.#client.send(command, args), this.#timeoutMs, late)
    } catch (cause) {
      throw cause instanceof CacheStoreFailed ? cause : new CacheStoreFailed(`Redis did not do ${command}`, { cause })
    }
  }
}

function isNoScript(error: unknown): boolean {
  const cause = error instanceof CacheStoreFailed ? error.cause : undefined
  return cause instanceof Error && cause.message.includes("NOSCRIPT")
}

/** `valkey:` is another name for the same protocol, which client libraries do not know. */
function redisUrl(url: DriverUrl): string {
  return url
    .reveal()
    .replace(/^valkey:/i, "redis:")
    .replace(/\?.*$/, "")
}

/** Bun has a client of its own, which needs no package. */
export async function redisClients(): Promise<OpenClient> {
  return "Bun" in globalThis
    ? (await import("./bun-client.ts")).openBunClient
    : (await import("./ioredis-client.ts")).openIoredisClient
}
