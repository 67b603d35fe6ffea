/** A download that can be stopped and goes on where it was, as long as the file is the same. */
export class Download {
  #url
  #size
  #tag
  #pieces = []
  #stop
  received = 0

  constructor(url, size) {
    this.#url = url
    this.#size = size
  }

  get isPaused() {
    return this.#stop === undefined
  }

  pause() {
    this.#stop?.abort()
  }

  /** Resolves to the whole as a blob, or to nothing when it was paused. */
  async run(tell) {
    this.#stop = new AbortController()
    try {
      await this.#read(this.#stop.signal, tell)
      return new Blob(this.#pieces)
    } catch (error) {
      if (error.name === "AbortError") return undefined
      throw error
    } finally {
      this.#stop = undefined
    }
  }

  async #read(signal, tell) {
    const headers = this.received === 0 ? {} : { range: `bytes=${this.received}-`, "if-range": this.#tag }
    const response = await fetch(this.#url, { headers, signal })
    if (!response.ok) throw new Error(`The server answered ${response.status}.`)
    if (response.status === 200) {
      // From the beginning: it is the first part, or the file is another one now.
      this.#pieces = []
      this.received = 0
    }
    this.#tag = response.headers.get("etag")
    for await (const piece of response.body) {
      this.#pieces.push(piece)
      this.received += piece.length
      tell(this.received / this.#size)
    }
  }
}
