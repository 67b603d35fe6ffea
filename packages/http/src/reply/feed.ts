/** Where a feed is written. Every runtime has its own. */
export interface Sink {
  /** Takes a piece of text. A promise says that there is no room for more until it resolves. */
  write(text: string): Promise<unknown> | undefined
  /** Takes the last piece, perhaps an empty one. */
  end(text: string): void
  /** Breaks off, so that the caller can see that the body is not whole. */
  fail(error: unknown): void
}

/** A body that writes itself. */
export interface FeedBody {
  start(sink: Sink): void
  /** The caller has gone. */
  readonly stop: () => void
}

/** What a feed is made of. */
export interface FeedSpec<T> {
  /** Where the values come from; none where they are pushed. Called once, when somebody begins to read. */
  readonly open: () => Iterator<T> | AsyncIterator<T> | undefined
  readonly format: (value: T) => string
  /** Written when the first value takes its time, so that the caller sees an open stream. */
  readonly opening: string
  /** Pushed values that may wait while there is no room. */
  readonly maxHeld: number
  /** Called once if the feed goes on after its first turn: what short feeds need not pay for is set up here. */
  readonly linger?: () => void
  /** Called once when it is over, however it ended. */
  readonly close?: () => void
}

/** Text is passed on when there is this much of it, in characters, or when the turn of the event loop ends. */
const PIECE_LENGTH = 16 * 1024

/**
 * A body of many small texts, made from values as they come: all that are ready in one turn go out as one write, and the
 * next is asked for only while the caller has room. Runtimes write it to their own sink; for anybody else it is iterable.
 */
export class Feed<T> implements AsyncIterable<string>, FeedBody {
  readonly #spec: FeedSpec<T>
  #iterator: Iterator<T> | AsyncIterator<T> | undefined
  #sink: Sink | undefined
  #text: string
  #held: number
  #writtenAt: number | undefined
  #isAsking: boolean
  #isFull: boolean
  #isScheduled: boolean
  #lingers: boolean
  #isOver: boolean
  #whenOver: (() => void) | undefined

  constructor(spec: FeedSpec<T>) {
    this.#spec = spec
    this.#iterator = undefined
    this.#sink = undefined
    this.#text = ""
    this.#held = 0
    this.#writtenAt = undefined
    this.#isAsking = false
    this.#isFull = false
    this.#isScheduled = false
    this.#lingers = false
    this.#isOver = false
    this.#whenOver = undefined
  }

  /** Calls back when it is over, however it ended. */
  whenOver(callback: () => void): void {
    this.#whenOver = callback
  }

  /** Begins to write. */
  start(sink: Sink): void {
    this.#sink = sink
    this.#schedule()
    try {
      this.#iterator = this.#spec.open()
      this.#pull()
    } catch (error) {
      this.fail(error)
    }
  }

  /** When it last wrote something, on the clock of `performance.now`; undefined when it never has. */
  get writtenAt(): number | undefined {
    return this.#writtenAt
  }

  /** Takes its values from a source that was not there at the start. */
  attach(iterator: AsyncIterator<T>): void {
    this.#iterator = iterator
    if (this.#isOver) this.#leave()
    else this.#pull()
  }

  /**
   * Adds a value from outside the source.
   * @returns false when it is over, or when `maxHeld` values wait already.
   */
  push(value: T): boolean {
    const text = this.#spec.format(value)
    if (this.#isOver || (this.#isFull && this.#held >= this.#spec.maxHeld)) return false
    this.#add(text)
    return true
  }

  /** Writes a text as it is, unless one waits already: a sign of life. */
  touch(text: string): void {
    if (this.#isOver || this.#isFull || this.#text !== "") return
    this.#text = text
    this.#flush()
  }

  /** Ends the body after what was added, and the source. */
  end(text = ""): void {
    if (this.#isOver) return
    this.#finish(this.#text + text)
    this.#leave()
  }

  /** Ends the source: the caller has gone. */
  readonly stop = (): void => {
    if (this.#isOver) return
    this.#close()
    this.#leave()
  }

  /** Breaks the body off. */
  readonly fail = (error: unknown): void => {
    if (this.#isOver) return
    this.#close()
    this.#sink?.fail(error)
    this.#leave()
  }

  #pull(): void {
    const iterator = this.#iterator
    if (iterator === undefined) return
    while (!this.#isAsking && !this.#isFull && !this.#isOver) {
      const result = iterator.next()
      if (isPromise(result)) {
        this.#isAsking = true
        result.then(this.#take, this.fail)
      } else this.#accept(result)
    }
  }

  readonly #take = (result: IteratorResult<T>): void => {
    this.#isAsking = false
    if (this.#isOver) return
    try {
      this.#accept(result)
      this.#pull()
    } catch (error) {
      this.fail(error)
    }
  }

  #accept({ done, value }: IteratorResult<T>): void {
    if (done) this.#finish(this.#text)
    else this.#add(this.#spec.format(value))
  }

  #add(text: string): void {
    this.#text = this.#text === "" ? text : this.#text + text
    this.#held++
    if (this.#text.length >= PIECE_LENGTH) this.#flush()
    else this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    later(this.#turn)
  }

  readonly #turn = (): void => {
    this.#isScheduled = false
    try {
      if (this.#isOver) return
      if (!this.#lingers) {
        this.#lingers = true
        this.#spec.linger?.()
        if (this.#isOver) return
      }
      const isFirst = this.#writtenAt === undefined
      if (isFirst && this.#text === "") this.#text = this.#spec.opening
      if (isFirst || this.#text !== "") this.#flush()
    } catch (error) {
      this.fail(error)
    }
  }

  #flush(): void {
    if (this.#isFull) return
    const text = this.#text
    this.#text = ""
    this.#held = 0
    this.#writtenAt = performance.now()
    const room = this.#sink?.write(text)
    if (room === undefined) return
    this.#isFull = true
    room.then(this.#resume, this.stop)
  }

  readonly #resume = (): void => {
    this.#isFull = false
    if (this.#isOver) return
    try {
      if (this.#text !== "") this.#flush()
      this.#pull()
    } catch (error) {
      this.fail(error)
    }
  }

  #finish(text: string): void {
    this.#close()
    this.#sink?.end(text)
  }

  #close(): void {
    this.#isOver = true
    this.#text = ""
    this.#spec.close?.()
    this.#whenOver?.()
  }

  /** Lets the source clean up. One that waits for something does so after that, or when its own signal says so. */
  #leave(): void {
    const iterator = this.#iterator
    this.#iterator = undefined
    try {
      const left = iterator?.return?.()
      if (isPromise(left)) left.then(undefined, () => undefined)
    } catch {
      // Nobody is there to be told.
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return iterate(this)
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function"
}

/** After all promises that are settled now: what is ready in this turn of the event loop is there by then. */
const later: (callback: () => void) => void =
  typeof setImmediate === "function" ? setImmediate : (callback) => setTimeout(callback, 0)

/** A feed as pieces that are asked for one by one; it waits while nobody asks. */
function iterate(feed: FeedBody): AsyncIterator<string> {
  let waiting: PromiseWithResolvers<IteratorResult<string>> | undefined
  let piece: string | undefined
  let room: PromiseWithResolvers<void> | undefined
  let isStarted = false
  let isEnded = false
  let failure: { readonly error: unknown } | undefined
  const give = (text: string): boolean => {
    if (waiting === undefined) return false
    waiting.resolve({ done: false, value: text })
    waiting = undefined
    return true
  }
  const sink: Sink = {
    write(text) {
      if (text === "" || give(text)) return undefined
      piece = piece === undefined ? text : piece + text
      room ??= Promise.withResolvers<void>()
      return room.promise
    },
    end(text) {
      isEnded = true
      if (text !== "" && !give(text)) piece = (piece ?? "") + text
      waiting?.resolve({ done: true, value: undefined })
    },
    fail(error) {
      isEnded = true
      failure = { error }
      waiting?.reject(error)
    },
  }
  return {
    next() {
      if (!isStarted) {
        isStarted = true
        waiting = Promise.withResolvers()
        const first = waiting.promise
        feed.start(sink)
        return first
      }
      if (piece !== undefined) {
        const value = piece
        piece = undefined
        room?.resolve()
        room = undefined
        return Promise.resolve({ done: false, value })
      }
      if (failure !== undefined) return Promise.reject(failure.error)
      if (isEnded) return Promise.resolve({ done: true, value: undefined })
      waiting = Promise.withResolvers()
      return waiting.promise
    },
    return() {
      feed.stop()
      isEnded = true
      piece = undefined
      waiting?.resolve({ done: true, value: undefined })
      return Promise.resolve({ done: true, value: undefined })
    },
  }
}
