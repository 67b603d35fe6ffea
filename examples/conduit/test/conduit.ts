import { expect } from "bun:test"

/** What the API answered. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: what a black box answers is what the scenarios find out
  readonly body: any
}

export interface Account {
  readonly username: string
  readonly email: string
  readonly password: string
  readonly token: string
}

interface Sent {
  readonly token?: string
  /** Text goes as it is, all else as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A Conduit backend, seen from outside: what its specification's readers know of it, and nothing more. */
export class Conduit {
  readonly #url: string

  /** @param url Where `/users` and the others stand, without a slash at its end. */
  constructor(url: string) {
    this.#url = url
  }

  async send(method: string, path: string, { token, body, headers = {} }: Sent = {}): Promise<Answer> {
    const response = await fetch(this.#url + path, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Token ${token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined || typeof body === "string" ? (body ?? null) : JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) }
  }

  get(path: string, by?: Account): Promise<Answer> {
    return this.send("GET", path, signed(by))
  }
  post(path: string, by?: Account, body?: unknown): Promise<Answer> {
    return this.send("POST", path, { ...signed(by), body })
  }
  put(path: string, by?: Account, body?: unknown): Promise<Answer> {
    return this.send("PUT", path, { ...signed(by), body })
  }
  delete(path: string, by?: Account): Promise<Answer> {
    return this.send("DELETE", path, signed(by))
  }

  /** Somebody new, whose name nobody has. */
  async register(name = "user"): Promise<Account> {
    const username = unique(name)
    const account = { username, email: `${username}@example.com`, password: "correct horse" }
    const { status, body } = await this.post("/users", undefined, { user: account })
    expect(status).toBe(201)
    return { ...account, token: body.user.token }
  }

  /** An article of somebody's, with a title that nobody has. */
  async write(author: Account, article: object = {}): Promise<{ readonly slug: string; readonly title: string }> {
    const sent = { title: unique("On stones"), description: "How they lie", body: "Flat.", ...article }
    const { status, body } = await this.post("/articles", author, { article: sent })
    expect(status).toBe(201)
    return body.article
  }
}

/** A name that was not there before, in this run or another. */
export function unique(name: string): string {
  return `${name}-${crypto.randomUUID().slice(0, 13)}`
}

/** That it was refused, and what it says of which field. */
export function expectRefusal({ status, body, headers }: Answer, expected: number, errors: object): void {
  expect({ status, errors: body?.errors }).toEqual({ status: expected, errors })
  expect(headers.get("content-type")).toStartWith("application/json")
}

function signed(by: Account | undefined): Sent {
  return by === undefined ? {} : { token: by.token }
}

/** One thing that the specification says, tried out. It takes nothing for granted but an API that answers. */
export interface Scenario {
  readonly name: string
  run(conduit: Conduit): Promise<void>
}
