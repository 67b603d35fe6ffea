/** What a channel is given of one message. */
export interface ChannelMessage<Target, Content> {
  readonly target: Target
  readonly content: Content
  /** The same however often it is tried. */
  readonly key: string
  readonly signal: AbortSignal | undefined
}

/** A way to reach somebody: a push service, a chat, a letter. */
export interface Channel<Target = unknown, Content = unknown> {
  readonly name: string
  send(message: ChannelMessage<Target, Content>): Promise<void>
}

/**
 * Defines a channel of your own. `send` MUST throw for what was not taken, MUST NOT try again by itself, and should send one message under
 * one key. An error with `status` 400 to 499 (but 408 and 429) says that it is no use to try again.
 *
 * @param name Letters, digits and `-`, beginning with a letter; `mail` and `sms` are taken.
 * @example
 * const push = defineChannel<string, { title: string }>("push", async ({ target, content, key }) => {
 *   await askPushService({ token: target, ...content, id: key })
 * })
 */
export function defineChannel<Target, Content>(
  name: string,
  send: (message: ChannelMessage<Target, Content>) => Promise<void>,
): Channel<Target, Content> {
  return { name, send }
}
