import { randomBytes } from "node:crypto"
import { type Clock, manualClock } from "@ashlar/core"
import { type App, createApp } from "@ashlar/http"
import { createSealer, type SafeFetch, type Sealer } from "@ashlar/security"
import { createOAuthClient, type OAuthClient, type OAuthClientOptions, type SignedIn } from "../client/oauth-client.ts"
import type { Provider } from "../client/providers/provider.ts"
import { type OAuthRoutesOptions, oauthRoutes } from "../client/routes/oauth-routes.ts"
import { type FakeAnswer, type FakeProvider, type FakeProviderOptions, fakeProvider } from "./fake-provider.ts"
import { FormBrowser, type TestPage } from "./form-browser.ts"

export const APP = "https://app.example/auth"

export function testSealer(): Sealer {
  return createSealer({ keys: { a: randomBytes(32) }, current: "a" })
}

export interface ClientWorld {
  readonly app: App
  readonly client: OAuthClient
  readonly clock: ReturnType<typeof manualClock>
  readonly fake: FakeProvider
  readonly browser: FormBrowser
  /** Who came in, in order. */
  readonly signedIn: SignedIn[]
  /** Begins, and is at the provider's page. */
  start(path?: string, browser?: FormBrowser): Promise<URL>
  /** Comes back from the provider's page, as a browser does. */
  back(answer: FakeAnswer, browser?: FormBrowser): Promise<TestPage>
  newBrowser(): FormBrowser
}

export interface WorldOptions extends FakeProviderOptions {
  readonly client?: Partial<OAuthClientOptions<string>>
  readonly routes?: Partial<OAuthRoutesOptions<string>>
  readonly fetch?: SafeFetch
}

/** An app with one provider, a fake of it, and a browser. */
export function clientWorld(provider: Provider, options: WorldOptions = {}): ClientWorld {
  const clock = (options.clock as ReturnType<typeof manualClock> | undefined) ?? manualClock(Date.UTC(2026, 10, 29))
  const fake = fakeProvider(provider, { ...options, clock: clock as Clock })
  const client = createOAuthClient<string>({
    url: APP,
    providers: [provider],
    sealer: testSealer(),
    fetch: options.fetch ?? fake.fetch,
    clock,
    ...options.client,
  })
  const signedIn: SignedIn[] = []
  const app = createApp({ onError: () => undefined })
  app.scope("/auth", [], (auth) => {
    auth.add(
      oauthRoutes({
        client,
        onSignIn: (_ctx, one) => {
          signedIn.push(one)
        },
        ...options.routes,
      }),
    )
  })
  app.get("/home", () => "home")
  app.get("/", () => "root")
  const origin = new URL(client.url).origin
  const newBrowser = (): FormBrowser => new FormBrowser(origin, (request) => app.fetch(request))
  const own = newBrowser()
  return {
    app,
    client,
    clock,
    fake,
    browser: own,
    signedIn,
    newBrowser,
    async start(path = `/auth/sign-in/${provider.name}?next=/home`, browser = own) {
      const page = await browser.open(path)
      if (page.leftTo === undefined) throw new TypeError(`It did not begin: ${page.status} ${page.text}`)
      return page.leftTo
    },
    async back(answer, browser = own) {
      if (answer.method === "GET") return await browser.open(answer.url)
      // A form of another site: what is SameSite=Lax stays at home.
      const posted = await app.fetch(answer.toRequest({ accept: "text/html" }))
      const outside = new FormBrowser(origin, async () => new Response(null, { headers: posted.headers }))
      await outside.open(answer.url)
      for (const [name, value] of outside.cookies) browser.cookies.set(name, value)
      const location = posted.headers.get("location")
      if (location !== null) return await browser.open(location, { headers: { accept: "text/html" } })
      const text = await posted.text()
      return { status: posted.status, url: answer.url, headers: posted.headers, text, leftTo: undefined }
    },
  }
}
