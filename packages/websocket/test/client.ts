import { connectRaw, type RawOptions, type RawWebSocket } from "@ashlar/http/testing/raw-websocket"

/** One user of the chat program, as the suites see it. */
export class Client {
  readonly raw: RawWebSocket

  constructor(raw: RawWebSocket) {
    this.raw = raw
  }
  static async connect(url: string, options?: RawOptions): Promise<Client> {
    return new Client(await connectRaw(url, options))
  }
  /** Connects to a room of the chat, and waits for its welcome. */
  static async enter(url: string, user: string, room = "lobby"): Promise<Client> {
    const client = await Client.connect(`${url}/chat/${room}`, { headers: { "x-user": user } })
    await client.hears({ event: "welcome" })
    return client
  }
  say(message: object): void {
    this.raw.text(JSON.stringify(message))
  }
  async next(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.raw.nextText()) ?? '"the end"') as Record<string, unknown>
  }
  /** Reads on to a message that has these members. */
  async hears(wanted: Record<string, unknown>): Promise<Record<string, unknown>> {
    for (;;) {
      const message = await this.next()
      if ((message as unknown) === "the end")
        throw new RangeError(`The connection ended before ${JSON.stringify(wanted)}`)
      if (Object.entries(wanted).every(([key, value]) => Bun.deepEquals(message[key], value))) return message
    }
  }
  /** Asks, and reads on to the answer. */
  async ask(message: object, event: string): Promise<Record<string, unknown>> {
    this.say(message)
    return await this.hears({ event })
  }
  /** What came until the answer to a question that is asked now: after it nothing that was sent before can come. */
  async heardByNow(): Promise<Record<string, unknown>[]> {
    this.say({ do: "rooms" })
    const heard: Record<string, unknown>[] = []
    for (;;) {
      const message = await this.next()
      if (message.event === "rooms") return heard
      heard.push(message)
    }
  }
}
