import { createHash } from "node:crypto"
import { AshlarError, type Clock, type IdSource } from "@ashlar/core"
import { createSealer, createServiceTokens, openRootKey, type ServiceCaller, ServiceRefused } from "@ashlar/identity"
import { ServiceKeyInvalid } from "../errors.ts"

/** One request of a process to another, with all that shows whose it is. */
export interface ServiceCall {
  readonly token: string
  readonly body: Uint8Array
}

/**
 * How two processes of one operator speak: each request is proven by a token of its own, good for half a minute, one service and one use;
 * what is asked and answered is sealed, so that the network between them learns nothing, and no answer passes for another.
 */
export interface ServiceChannel {
  /** @param path Where it is posted to. */
  ask(path: string, question: object): Promise<ServiceCall>
  /** @throws {IDENTITY_SEAL_BROKEN} for what does not answer this call. */
  readAnswer(call: ServiceCall, sealed: Uint8Array): unknown
  /** @throws {IDENTITY_SERVICE_REFUSED} for whatever was not asked by {@link ask} of a process with the same key, here, now and once. */
  take(path: string, call: ServiceCall): Promise<{ readonly caller: ServiceCaller; readonly question: unknown }>
  answer(call: ServiceCall, answer: object): Uint8Array
}

export interface ServiceChannelOptions {
  /** The file of 32 random bytes that the operator gave to both. */
  readonly keyFile: string
  /** Make it where it is missing: one of the two does, and the other is given a copy. */
  readonly create: boolean
  readonly from: string
  readonly to: string
  readonly clock: Clock
  readonly ids: IdSource
}

/** @throws {SERVER_SERVICE_KEY_INVALID} */
export async function openServiceChannel(options: ServiceChannelOptions): Promise<ServiceChannel> {
  const { keyFile, create, from, to, clock, ids } = options
  const sealer = createSealer(await openKey(keyFile, create))
  const tokens = createServiceTokens({ sealer, clock, ids })
  const asking = `service/${to}/question`
  // Of the token, which is never the same: an answer that was kept opens for no other question.
  const answering = ({ token }: ServiceCall): string =>
    `service/${to}/answer/${createHash("sha256").update(token).digest("base64url")}`
  return {
    async ask(path, question) {
      const body = sealer.seal(Buffer.from(JSON.stringify(question)), asking)
      return { token: await tokens.issue({ method: "POST", path, body, from, to }), body }
    },
    readAnswer: (call, sealed) => JSON.parse(Buffer.from(sealer.open(sealed, answering(call))).toString()) as unknown,
    async take(path, { token, body }) {
      const caller = await tokens.verify(token, { method: "POST", path, body, to })
      try {
        return { caller, question: JSON.parse(Buffer.from(sealer.open(body, asking)).toString()) as unknown }
      } catch (cause) {
        throw new ServiceRefused(undefined, { cause })
      }
    },
    answer: (call, answer) => sealer.seal(Buffer.from(JSON.stringify(answer)), answering(call)),
  }
}

async function openKey(path: string, create: boolean): ReturnType<typeof openRootKey> {
  try {
    return await openRootKey(path, { create })
  } catch (cause) {
    if (!(cause instanceof AshlarError)) throw cause
    throw new ServiceKeyInvalid(
      `Expected the service key at ${path}: a file of 32 random bytes and mode 600, the same as the other process has.`,
      { cause },
    )
  }
}
