import type { Answer, Expectations } from "./answer.ts"
import type { AnswerStream } from "./answer-stream.ts"
import { TestMisused } from "./errors.ts"
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
import { type FormValue, formBody, jsonBody, multipartBody, type RequestBody, textBody } from "./request-body.ts"
import type { ParamValues, QueryValues } from "./request-target.ts"

export interface RequestOptions {
  /** Values for the parameters of a pattern, or of a named route. */
  readonly params?: ParamValues
  readonly query?: QueryValues
  readonly headers?: Readonly<Record<string, string>>
}

/** All that is known of a request when it is sent. */
export interface Draft {
  readonly method: string
  readonly to: string
  readonly params: ParamValues | undefined
  readonly query: QueryValues
  readonly headers: Headers
  readonly body: RequestBody | undefined
}

/** What sends requests. */
export interface Sender {
  send(draft: Draft): Promise<Answer>
  stream(draft: Draft): Promise<AnswerStream>
}

/**
 * A request that is still being written. Awaiting it sends it, once, and gives the {@link Answer}; what is expected of the
 * answer may be said before.
 */
export class TestRequest implements Expectations<TestRequest>, PromiseLike<Answer> {
  readonly #sender: Sender
  readonly #method: string
  readonly #to: string
  readonly #headers: Headers
  readonly #expected: { readonly check: (answer: Checked) => Verdict; readonly place: Error }[] = []
  #params: ParamValues | undefined
  #query: QueryValues
  #body: RequestBody | undefined
  #answer: Promise<Answer> | undefined

  constructor(sender: Sender, method: string, to: string, { params, query = {}, headers = {} }: RequestOptions) {
    this.#sender = sender
    this.#method = method
    this.#to = to
    this.#params = params
    this.#query = query
    this.#headers = new Headers(headers)
  }

  header(name: string, value: string): this {
    this.#headers.set(name, value)
    return this
  }
  bearer(token: string): this {
    return this.header("authorization", `Bearer ${token}`)
  }
  params(params: ParamValues): this {
    this.#params = { ...this.#params, ...params }
    return this
  }
  query(query: QueryValues): this {
    this.#query = { ...this.#query, ...query }
    return this
  }
  json(value: unknown): this {
    return this.#setBody(jsonBody(value))
  }
  /** A form as a page without files sends it. */
  form(fields: Readonly<Record<string, FormValue>>): this {
    return this.#setBody(formBody(fields))
  }
  /** A form with files: `{ photo: new File([bytes], "a.png") }`. */
  multipart(fields: Readonly<Record<string, FormValue>> | FormData): this {
    return this.#setBody(multipartBody(fields))
  }
  /** Text or bytes as they are. */
  body(content: string | Uint8Array, type = "application/octet-stream"): this {
    return this.#setBody(textBody(content, type))
  }

  expectStatus(expected: ExpectedStatus): this {
    return this.#expect((answer) => checkStatus(answer, expected))
  }
  expectHeader(name: string, value?: string | RegExp): this {
    return this.#expect((answer) => checkHeader(answer, name, value))
  }
  expectNoHeader(name: string): this {
    return this.#expect((answer) => checkNoHeader(answer, name))
  }
  expectProblem(problem: ExpectedProblem, subset?: object): this {
    return this.#expect((answer) => checkProblem(answer, problem, subset))
  }
  expectJson(subset: unknown): this {
    return this.#expect((answer) => checkJson(answer, subset))
  }
  expectText(text: string | RegExp): this {
    return this.#expect((answer) => checkText(answer, text))
  }

  /** Sends it and gives the answer as soon as its head is there, for event streams and other long answers. */
  stream(): Promise<AnswerStream> {
    return this.#sender.stream(this.#draft())
  }
  /** Sends it, once. */
  send(): Promise<Answer> {
    this.#answer ??= this.#sendAndJudge()
    return this.#answer
  }
  // biome-ignore lint/suspicious/noThenProperty: awaiting a request is what sends it
  then<A = Answer, B = never>(
    fulfilled?: ((answer: Answer) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.send().then(fulfilled, rejected)
  }

  async #sendAndJudge(): Promise<Answer> {
    const answer = await this.#sender.send(this.#draft())
    for (const { check, place } of this.#expected) judge(check(answer), answer.exchange, place)
    return answer
  }
  #expect(check: (answer: Checked) => Verdict): this {
    this.#expected.push({ check, place: callPlace() })
    return this
  }
  #setBody(body: RequestBody): this {
    if (this.#body !== undefined) throw new TestMisused(`${this.#method} ${this.#to} has a body already`)
    this.#body = body
    return this
  }
  #draft(): Draft {
    return {
      method: this.#method,
      to: this.#to,
      params: this.#params,
      query: this.#query,
      headers: this.#headers,
      body: this.#body,
    }
  }
}
