import type { IdSource, Service, ServiceDefinition } from "@ashlar/core"
import { Answer } from "./answer.ts"
import { AnswerStream, within } from "./answer-stream.ts"
import { CookieJar } from "./cookie-jar.ts"
import type { Duration } from "./duration.ts"
import { TestMisused } from "./errors.ts"
import { exchangeText, type SentRequest } from "./exchange.ts"
import { methodOf, type ParamValues, targetOf, withQuery } from "./request-target.ts"
import { type AnyApp, Stage } from "./stage.ts"
import { type Draft, type RequestOptions, type Sender, TestRequest } from "./test-request.ts"
import { TestSocket } from "./test-socket.ts"

type HeaderValues = Readonly<Record<string, string>>

export interface TestAppOptions<W = never> {
  /** The address that requests are for. Default `http://localhost`. */
  readonly baseUrl?: string
  /** Headers of every request. */
  readonly headers?: HeaderValues
  /** The headers of whoever {@link TestApp.actingAs} names: `(user) => ({ authorization: `Bearer ${tokenOf(user)}` })`. */
  readonly actingAs?: (who: W) => HeaderValues | Promise<HeaderValues>
  /** How long an answer, an event or a message may take, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number
}

/**
 * An app under test. Requests go through `app.fetch`, so no port is taken; what it opens, holds or replaces ends with
 * {@link TestApp.close}. Answers are checked against their schemas, and what the app reports is shown when a test fails.
 */
export class TestApp<W = never> implements Sender {
  /** The cookies of this client: what answers set is sent again. */
  readonly cookies: CookieJar
  /** The answer that came last. */
  last: Answer | undefined
  readonly #stage: Stage
  readonly #options: TestAppOptions<W>
  readonly #headers: () => Promise<HeaderValues>

  constructor(stage: Stage, options: TestAppOptions<W>, headers: () => Promise<HeaderValues>) {
    this.cookies = new CookieJar()
    this.last = undefined
    this.#stage = stage
    this.#options = options
    this.#headers = headers
  }

  /** @param to A path (`/users/1`), a pattern with its `params` (`/users/:id`), or a route's name. */
  get(to: string, options?: RequestOptions): TestRequest {
    return this.request("GET", to, options)
  }
  head(to: string, options?: RequestOptions): TestRequest {
    return this.request("HEAD", to, options)
  }
  post(to: string, options?: RequestOptions): TestRequest {
    return this.request("POST", to, options)
  }
  put(to: string, options?: RequestOptions): TestRequest {
    return this.request("PUT", to, options)
  }
  patch(to: string, options?: RequestOptions): TestRequest {
    return this.request("PATCH", to, options)
  }
  delete(to: string, options?: RequestOptions): TestRequest {
    return this.request("DELETE", to, options)
  }
  request(method: string, to: string, options: RequestOptions = {}): TestRequest {
    return new TestRequest(this, method, to, options)
  }
  /**
   * A request to a route by its name, with the route's own method.
   * @throws {TESTING_MISUSED} when no route has the name, or it takes every method.
   */
  route(name: string, options?: RequestOptions): TestRequest {
    const method = methodOf(this.#stage.app, name)
    if (method === undefined) throw new TestMisused(`No route with a method of its own is named "${name}"`)
    return this.request(method, name, options)
  }

  /** Connects to a WebSocket route; the app listens on a free port from then on. */
  async socket(
    to: string,
    options: RequestOptions & { readonly protocols?: readonly string[] } = {},
  ): Promise<TestSocket> {
    const url = await this.#stage.listen()
    const target = withQuery(targetOf(this.#stage.app, to, options.params), options.query ?? {})
    const headers = Object.fromEntries(await this.#headersFor(new Headers(options.headers), target))
    return TestSocket.open(url.replace(/^http/, "ws") + target, headers, options.protocols ?? [], this.#timeoutMs)
  }

  /** Another client of the same app, with cookies of its own, that sends this token. */
  bearer(token: string): TestApp<W> {
    return this.#with(() => ({ authorization: `Bearer ${token}` }))
  }
  /** Another client of the same app, with cookies of its own, that is somebody: as the option `actingAs` says. */
  actingAs(who: W): TestApp<W> {
    const { actingAs } = this.#options
    if (actingAs === undefined)
      throw new TestMisused("Say who somebody is: testApp(app, { actingAs: (who) => ({ authorization: … }) })")
    return this.#with(() => actingAs(who))
  }
  /** Another client of the same app, with cookies of its own, that sends these headers too. */
  withHeaders(headers: HeaderValues): TestApp<W> {
    return this.#with(() => headers)
  }

  /**
   * Opens a service in another way from the next request on, until the result is called or the test app is closed. What is
   * open is closed first, and opens anew.
   * @example const restore = await test.override(Mailer, { open: () => fakeMailer })
   */
  override<T>(service: Service<T>, definition: ServiceDefinition<T>): Promise<() => Promise<void>> {
    return this.#stage.override(service, definition)
  }
  /** The value of a service, as the app under test has it. */
  service<T>(service: Service<T>): Promise<T> {
    return this.#stage.serve().services.get(service)
  }

  /** Moves the time that @ashlar/core's `systemClock` tells (`2h`, `1d12h`, milliseconds); from then on it stands still. */
  travel(duration: Duration): void {
    this.#stage.time.travel(duration)
  }
  /** Stops that clock: now, or at a time. */
  freezeTime(at?: Date | string | number): void {
    this.#stage.time.freeze(at)
  }
  /** Lets @ashlar/core's `uuidv7()` give ids that count from 1, or those of a source. */
  numberIds(source?: IdSource): void {
    this.#stage.time.numberIds(source)
  }

  /** Stops what was started, and lets go of time, ids and services. */
  async close(): Promise<void> {
    await this.#stage.close()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Sends a request and reads the whole answer. @throws {TESTING_NOTHING_CAME} after the time. */
  async send(draft: Draft): Promise<Answer> {
    const { response, sent } = await this.#exchange(draft)
    const text = (body: string): string =>
      exchangeText(sent, { status: response.status, headers: response.headers, body }, causes)
    const bytes = new Uint8Array(
      await within(response.arrayBuffer(), this.#timeoutMs, () => exchangeText(sent, undefined, [])),
    )
    const causes = this.#stage.causes.splice(0)
    this.last = new Answer(response, bytes, text)
    return this.last
  }
  /** Sends a request; the body is read as it comes. */
  async stream(draft: Draft): Promise<AnswerStream> {
    const { response } = await this.#exchange(draft)
    return new AnswerStream(response, this.#timeoutMs)
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? 5000
  }
  async #exchange(draft: Draft): Promise<{ readonly response: Response; readonly sent: SentRequest }> {
    const { method, to, params, query, body } = draft
    const target = withQuery(targetOf(this.#stage.app, to, params as ParamValues), query)
    const url = new URL(target, this.#options.baseUrl ?? "http://localhost")
    const headers = await this.#headersFor(draft.headers, url.pathname)
    if (body?.type !== undefined && !headers.has("content-type")) headers.set("content-type", body.type)
    const sent: SentRequest = { method, target: url.pathname + url.search, headers, body: body?.shown }
    const request = new Request(url, { method, headers, ...(body !== undefined && { body: body.content }) })
    this.#stage.causes.length = 0
    const response = await within(this.#stage.serve().app.fetch(request), this.#timeoutMs, () =>
      exchangeText(sent, undefined, []),
    )
    this.cookies.take(url.pathname, response.headers)
    return { response, sent }
  }
  async #headersFor(own: Headers, path: string): Promise<Headers> {
    const headers = new Headers(await this.#headers())
    for (const [name, value] of own) headers.set(name, value)
    const cookie = this.cookies.header(path)
    if (cookie !== undefined && !headers.has("cookie")) headers.set("cookie", cookie)
    return headers
  }
  #with(more: () => HeaderValues | Promise<HeaderValues>): TestApp<W> {
    const headers = async (): Promise<HeaderValues> => ({ ...(await this.#headers()), ...(await more()) })
    return new TestApp(this.#stage, this.#options, headers)
  }
}

/**
 * Takes an app under test. The app itself is left as it is: nothing listens, and its services stay as they were.
 * @example
 * const test = testApp(app)
 * await test.post("/users").json({ name: "Ada" }).expectStatus(201).expectJson({ name: "Ada" })
 * await test.close()
 */
export function testApp<W = never>(app: AnyApp, options: TestAppOptions<W> = {}): TestApp<W> {
  return new TestApp(new Stage(app), options, async () => options.headers ?? {})
}
