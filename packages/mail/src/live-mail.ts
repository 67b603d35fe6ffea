import { MailClosed, MailOptionInvalid, MailUnavailable } from "./errors.ts"
import type { Mail, MailOptions, SendOptions, SentKeys, SentMail } from "./mail.ts"
import type { MailMessage, PreparedMessage } from "./message.ts"
import { prepare } from "./prepare.ts"
import type { MailTransport, Outbox } from "./transport.ts"
import { pause, RateTurns } from "./turns.ts"

const MAX_KEYS = 10_000
const MiB = 1024 * 1024

/** What callers see: checks, keys, turns and tries, the same over every transport. */
export class LiveMail implements Mail {
  readonly #open: () => Promise<MailTransport>
  readonly #options: Required<
    Pick<MailOptions, "attempts" | "backoffMs" | "maxBackoffMs" | "maxBytes" | "maxRecipients">
  > &
    MailOptions
  readonly #turns: RateTurns | undefined
  readonly #sent: SentKeys
  /** Messages that are on their way, by their key. */
  readonly #underWay: Map<string, Promise<SentMail>> = new Map()
  readonly #sending: Set<Promise<unknown>> = new Set()
  #opening: Promise<MailTransport> | undefined
  #transport: MailTransport | undefined
  #closing: Promise<void> | undefined

  constructor(open: () => Promise<MailTransport>, options: MailOptions) {
    this.#open = open
    const given = {
      attempts: 3,
      backoffMs: 1_000,
      maxBackoffMs: 10_000,
      maxBytes: 20 * MiB,
      maxRecipients: 50,
      ...options,
    }
    const { attempts, backoffMs, maxBackoffMs, maxBytes, maxRecipients, rate, maxWaiting = 1_000, sent } = given
    checkWhole("attempts", attempts, 1, 10)
    checkWhole("backoffMs", backoffMs, 0, 600_000)
    checkWhole("maxBackoffMs", maxBackoffMs, 0, 600_000)
    checkWhole("maxBytes", maxBytes, 1, 100 * MiB)
    checkWhole("maxRecipients", maxRecipients, 1, 1_000)
    checkWhole("maxWaiting", maxWaiting, 0, 1_000_000)
    if (rate !== undefined) {
      checkWhole("rate.messages", rate.messages, 1, 1_000_000)
      checkWhole("rate.perMs", rate.perMs, 1, 86_400_000)
    }
    this.#options = given
    this.#turns = rate === undefined ? undefined : new RateTurns(rate, maxWaiting)
    this.#sent = sent ?? rememberKeys(MAX_KEYS)
  }

  get outbox(): Outbox | undefined {
    return this.#transport?.outbox
  }

  async ready(): Promise<void> {
    await this.#use()
  }

  #use(): Promise<MailTransport> {
    if (this.#closing !== undefined) return Promise.reject(new MailClosed("The mail was closed."))
    this.#opening ??= this.#open().then(
      (transport) => {
        this.#transport = transport
        return transport
      },
      (error: unknown) => {
        this.#opening = undefined // the next use tries again
        throw error
      },
    )
    return this.#opening
  }

  async send(message: MailMessage, options: SendOptions = {}): Promise<SentMail> {
    const { key } = options
    if (key !== undefined && !/^[\x21-\x7e]{1,200}$/.test(key))
      throw new MailOptionInvalid("Expected `key` of 1 to 200 printable characters of ASCII without blanks.")
    const known = key === undefined ? undefined : this.#underWay.get(key)
    if (known !== undefined) return await known
    const sending = this.#sendOnce(message, options)
    this.#sending.add(sending)
    if (key !== undefined) this.#underWay.set(key, sending)
    try {
      return await sending
    } finally {
      this.#sending.delete(sending)
      if (key !== undefined) this.#underWay.delete(key)
    }
  }

  async #sendOnce(message: MailMessage, { key, signal }: SendOptions): Promise<SentMail> {
    signal?.throwIfAborted()
    const transport = await this.#use()
    const before = key === undefined ? undefined : await this.#sent.find(key)
    if (before !== undefined) return before
    const { from, maxBytes, maxRecipients } = this.#options
    const prepared = await prepare(message, { from, maxBytes, maxRecipients, key })
    const delivery = await this.#try(transport, prepared, { key, signal })
    const sent = { ...delivery, messageId: prepared.messageId }
    if (key !== undefined) await this.#sent.keep(key, sent)
    return sent
  }

  async #try(
    transport: MailTransport,
    message: PreparedMessage,
    context: { key: string | undefined; signal: AbortSignal | undefined },
  ): ReturnType<MailTransport["send"]> {
    const { attempts, backoffMs, maxBackoffMs } = this.#options
    for (let attempt = 1; ; attempt++) {
      await this.#turns?.take(context.signal)
      context.signal?.throwIfAborted()
      try {
        return await transport.send(message, context)
      } catch (error) {
        if (!(error instanceof MailUnavailable) || attempt >= attempts) throw error
        const asked = Number(error.details?.retryAfterMs ?? 0)
        if (asked > maxBackoffMs) throw error // longer than anybody waits here: a queue does
        const own = Math.min(maxBackoffMs, backoffMs * 2 ** (attempt - 1))
        await pause(Math.max(asked, own * (0.5 + Math.random() / 2)), context.signal)
      }
    }
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.allSettled(this.#sending)
      const transport = await this.#opening?.catch(() => undefined)
      await transport?.close()
    })()
    return this.#closing
  }
}

/** The last keys of this process. */
function rememberKeys(most: number): SentKeys {
  const keys = new Map<string, SentMail>()
  return {
    find: async (key) => keys.get(key),
    async keep(key, sent) {
      keys.set(key, sent)
      if (keys.size > most) keys.delete(keys.keys().next().value!)
    },
  }
}

function checkWhole(name: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return
  throw new MailOptionInvalid(`Expected \`${name}\` to be a whole number from ${min} to ${max}, got ${value}.`)
}
