import {
  type Checked,
  callPlace,
  checkHeader,
  checkJson,
  checkNoHeader,
  checkProblem,
  checkStatus,
  checkText,
  type ExpectedProblem,
  type ExpectedStatus,
  judge,
  type Verdict,
} from "./expectations.ts"
import { type AnswerSnapshot, type SnapshotOptions, snapshotOf } from "./snapshot.ts"

/** What a test may expect of an answer: each gives back what it was called on. */
export interface Expectations<Self> {
  /** @throws {TESTING_EXPECTATION_FAILED} as all of them do: the message shows the request and the answer. */
  expectStatus(expected: ExpectedStatus): Self
  /** That there is such a header, and what it says. */
  expectHeader(name: string, value?: string | RegExp): Self
  expectNoHeader(name: string): Self
  /** A problem document (RFC 9457) of this code, with at least these members. */
  expectProblem(problem: ExpectedProblem, subset?: object): Self
  /** Objects may have more keys than these; lists are whole. Functions are asked, expressions must match. */
  expectJson(subset: unknown): Self
  expectText(text: string | RegExp): Self
}

/** An answer whose body has been read. */
export class Answer implements Expectations<Answer>, Checked {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
  readonly #exchange: (body: string) => string
  #json: { readonly value: unknown } | undefined
  #text: string | undefined

  constructor(response: Response, bytes: Uint8Array, exchange: (body: string) => string) {
    this.status = response.status
    this.headers = response.headers
    this.bytes = bytes
    this.#exchange = exchange
  }

  get text(): string {
    this.#text ??= new TextDecoder().decode(this.bytes)
    return this.#text
  }
  /** The body's value; undefined when it is no JSON. */
  get value(): unknown {
    this.#json ??= { value: parseJson(this.text) }
    return this.#json.value
  }
  /** The same, as what the test says that it is. */
  json<T = unknown>(): T {
    return this.value as T
  }
  /** The request and this answer, as a failing test shows them. */
  get exchange(): string {
    return this.#exchange(this.text)
  }

  expectStatus(expected: ExpectedStatus): this {
    return this.#expect(checkStatus(this, expected))
  }
  expectHeader(name: string, value?: string | RegExp): this {
    return this.#expect(checkHeader(this, name, value))
  }
  expectNoHeader(name: string): this {
    return this.#expect(checkNoHeader(this, name))
  }
  expectProblem(problem: ExpectedProblem, subset?: object): this {
    return this.#expect(checkProblem(this, problem, subset))
  }
  expectJson(subset: unknown): this {
    return this.#expect(checkJson(this, subset))
  }
  expectText(text: string | RegExp): this {
    return this.#expect(checkText(this, text))
  }

  /**
   * What stays the same from run to run, for the snapshots of the runner.
   * @example expect(answer.snapshot()).toMatchSnapshot()
   */
  snapshot(options?: SnapshotOptions): AnswerSnapshot {
    return snapshotOf({ status: this.status, headers: this.headers, value: this.value ?? this.text }, options)
  }

  #expect(verdict: Verdict): this {
    if (verdict !== undefined) judge(verdict, this.exchange, callPlace())
    return this
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
