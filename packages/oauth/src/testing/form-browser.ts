/** A page as somebody without scripts has it. */
export interface TestPage {
  readonly status: number
  readonly url: string
  readonly headers: Headers
  readonly text: string
  /** Where the last redirect went that left the server. */
  readonly leftTo: URL | undefined
}

export interface TestForm {
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
}

const MAX_REDIRECTS = 10

/** A browser without scripts: it keeps cookies, follows redirects on its server, and posts the forms of pages. */
export class FormBrowser {
  readonly #origin: string
  readonly #send: (request: Request) => Promise<Response>
  readonly cookies: Map<string, string> = new Map()

  constructor(origin: string, send: (request: Request) => Promise<Response> = (request) => fetch(request)) {
    this.#origin = origin
    this.#send = send
  }

  async open(url: string, init: RequestInit = {}): Promise<TestPage> {
    let next = new URL(url, this.#origin)
    let options: RequestInit = init
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const headers = new Headers(options.headers)
      if (this.cookies.size > 0)
        headers.set("cookie", [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "))
      const response = await this.#send(new Request(next, { ...options, headers, redirect: "manual" }))
      this.#keep(response.headers.getSetCookie())
      const text = await response.text()
      const location = response.headers.get("location")
      const page = { status: response.status, url: next.href, headers: response.headers, text }
      if (location === null) return { ...page, leftTo: undefined }
      const target = new URL(location, next)
      if (target.origin !== this.#origin) return { ...page, leftTo: target }
      next = target
      options = {}
    }
    return { status: 0, url: next.href, headers: new Headers(), text: "too many redirects", leftTo: undefined }
  }
  /** Posts the form of a page with what a person fills in, or presses. */
  async submit(
    page: TestPage,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<TestPage> {
    const form = readForm(page.text)
    const body = new URLSearchParams({ ...form.fields, ...fields })
    return await this.open(new URL(form.action, page.url).href, {
      method: "POST",
      body,
      headers: { "sec-fetch-site": "same-origin", ...headers },
    })
  }

  #keep(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = "", ...attributes] = line.split(";")
      const equals = pair.indexOf("=")
      const name = pair.slice(0, equals).trim()
      if (attributes.some((attribute) => attribute.trim() === "Max-Age=0")) this.cookies.delete(name)
      else this.cookies.set(name, pair.slice(equals + 1).trim())
    }
  }
}

export function readForm(text: string): TestForm {
  const action = /<form method="post" action="([^"]*)"/.exec(text)?.[1] ?? ""
  const hidden = [...text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
  return {
    action: plainText(action),
    fields: Object.fromEntries(hidden.map(([, name, value]) => [plainText(name!), plainText(value!)])),
  }
}

function plainText(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}
