import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { type App, createApp } from "@ashlar/http"
import { type Running, startProgram } from "@ashlar/http/testing/runtimes"
import {
  createOAuthClient,
  createTokenVault,
  type EndedSession,
  type OAuthClient,
  oauthRoutes,
  oidc,
  type SignedIn,
} from "@ashlar/oauth/client"
import { createOAuthServer, type OAuthServer } from "@ashlar/oauth/server"
import { testSealer } from "../src/testing/client-world.ts"
import { FormBrowser } from "../src/testing/form-browser.ts"
import { type LateServer, listenFirst } from "../src/testing/late-server.ts"
import { PEOPLE, signIn } from "../src/testing/test-server.ts"

/** The client against servers over real sockets: what others wrote, and our own. */

const APP = "http://127.0.0.1:4100"
const SECRET = "a secret: with %+/ odd ones"
const node = [process.env.NODE_BIN ?? "", Bun.which("node") ?? ""].find((path) => existsSync(path))

interface Stand {
  readonly server: App
  readonly ended: EndedSession[]
  readonly client: OAuthClient<"peer">
  readonly app: FormBrowser
  readonly signedIn: SignedIn[]
}
function stand(issuer: string, clientId: string, options: { pushes?: boolean; post?: boolean } = {}): Stand {
  const isPublic = clientId === "none" || clientId === "public"
  const peer = oidc({
    name: "peer",
    issuer,
    clientId,
    ...(!isPublic && { clientSecret: SECRET }),
    ...(options.post === true && { clientAuth: "client_secret_post" }),
    scopes: ["openid", "email", "profile", "offline_access"],
    parameters: { prompt: "consent" },
    pushes: options.pushes ?? true,
  })
  const client = createOAuthClient({ url: APP, sealer: testSealer(), providers: [peer] })
  const signedIn: SignedIn[] = []
  const ended: EndedSession[] = []
  const app = createApp({ onError: (error) => console.error(error) })
  app.add(
    oauthRoutes({
      client,
      onSignIn: (_ctx, one) => {
        signedIn.push(one)
      },
      onLogout: (_ctx, one) => {
        ended.push(one)
      },
    }),
  )
  app.get("/home", () => "home")
  return { server: app, ended, client, app: new FormBrowser(APP, (request) => app.fetch(request)), signedIn }
}

describe("npm oidc-provider", () => {
  let peer: Running | undefined
  let strict: Running | undefined
  let folder = ""
  let told: LateServer
  beforeAll(async () => {
    if (node === undefined) return
    told = await listenFirst()
    // Where Node finds the package.
    const cache = join(import.meta.dir, "..", "node_modules", ".cache")
    mkdirSync(cache, { recursive: true })
    folder = mkdtempSync(join(cache, "peer-"))
    const entry = join(import.meta.dir, "..", "src", "testing", "oidc-peer-process.ts")
    const built = await Bun.build({
      entrypoints: [entry],
      target: "node",
      outdir: folder,
      naming: "peer.mjs",
      external: ["oidc-provider"],
    })
    expect(built.success).toBe(true)
    const run = { name: "node" as const, command: [node, join(folder, "peer.mjs")] }
    const env = {
      CALLBACK: `${APP}/sign-in/peer/callback`,
      LOGOUT: `${APP}/bye`,
      TOLD: `${told.origin}/sign-in/peer/logout`,
    }
    peer = await startProgram({ ...run, env })
    strict = await startProgram({ ...run, env: { ...env, REQUIRE_PUSHED: "1" } })
  })
  afterAll(async () => {
    for (const one of [peer, strict]) {
      one?.signal("SIGKILL")
      await one?.exited
    }
    await told?.stop()
    if (folder !== "") rmSync(folder, { recursive: true, force: true })
  })

  test.skipIf(node === undefined).each([
    ["client_secret_basic", {}, false],
    ["client_secret_basic", { pushes: false }, false],
    ["client_secret_post", { post: true }, false],
    ["none", {}, false],
    ["none", { pushes: false }, false],
    ["client_secret_basic", { pushes: false }, true],
  ] as const)("signs somebody in as %s %j (pushed requests demanded: %p)", async (id, options, demands) => {
    const issuer = (demands ? strict : peer)!.url
    const { client, app, signedIn } = stand(issuer, id, options)
    const started = await app.open("/sign-in/peer?next=/home")
    const isPushed = started.leftTo!.searchParams.has("request_uri")
    expect(isPushed).toBe(demands || !("pushes" in options))
    const there = await new FormBrowser(issuer).open(started.leftTo!.href)
    const done = await app.open(there.leftTo!.href)
    expect(done.text).toBe("home")
    const { identity, tokens } = signedIn[0]!
    expect(identity).toMatchObject({
      provider: "peer",
      issuer,
      subject: "ana-1",
      email: "ana@example.com",
      emailVerified: true,
      name: "Ana Example",
      picture: "https://pictures.example/ana.png",
    })
    // Refresh tokens, and their end.
    const fresh = await client.refresh("peer", tokens)
    expect(fresh.accessToken).not.toBe(tokens.accessToken)
    expect(fresh.idToken).toBeDefined()
    const out = await client.logoutUrl("peer", { idToken: fresh.idToken, returnTo: `${APP}/bye`, state: "s" })
    expect(out!.href.startsWith(`${issuer}/session/end?`)).toBe(true)
    expect((await fetch(out!, { redirect: "manual" })).status).toBe(200)
    expect(await client.revoke("peer", fresh)).toBe(true)
    await expect(client.refresh("peer", fresh)).rejects.toMatchObject({ code: "OAUTH_GRANT_ENDED" })
  })
  test.skipIf(node === undefined)("tells the app of a sign-out there", async () => {
    const issuer = peer!.url
    const { client, app, server, ended, signedIn } = stand(issuer, "client_secret_basic")
    told.serve(server)
    const browser = new FormBrowser(issuer)
    const there = await browser.open((await app.open("/sign-in/peer")).leftTo!.href)
    await app.open(there.leftTo!.href)
    const out = await client.logoutUrl("peer", { idToken: signedIn[0]!.tokens.idToken })
    const page = await browser.open(out!.href)
    const [, action = ""] = /action="([^"]+)"/.exec(page.text) ?? []
    const [, xsrf = ""] = /name="xsrf" value="([^"]+)"/.exec(page.text) ?? []
    const body = new URLSearchParams({ xsrf, logout: "yes" })
    await browser.open(action, { method: "POST", body })
    for (let at = 0; at < 200 && ended.length === 0; at++) await Bun.sleep(10)
    expect(ended).toMatchObject([{ issuer, subject: "ana-1", sessionId: signedIn[0]!.sessionId }])
    expect(signedIn[0]!.sessionId).toBeString()
  })
  test.skipIf(node === undefined)("gives one code one time, and to its own verifier only", async () => {
    const issuer = peer!.url
    const first = stand(issuer, "client_secret_basic")
    const begun = await first.client.begin("peer")
    const other = await first.client.begin("peer")
    const back = async (url: URL): Promise<URLSearchParams> =>
      (await new FormBrowser(issuer).open(url.href)).leftTo!.searchParams
    const stolen = await back(begun.url)
    const own = await back(other.url)
    own.set("code", stolen.get("code")!)
    await expect(
      first.client.finish("peer", { parameters: own, transaction: other.transaction }),
    ).rejects.toMatchObject({ code: "OAUTH_ANSWER_INVALID", details: { error: "invalid_grant" } })
  })
})

describe("our own server", () => {
  let server: OAuthServer
  let issuer: string
  let late: LateServer
  beforeAll(async () => {
    late = await listenFirst()
    issuer = late.origin
    const callback = `${APP}/sign-in/peer/callback`
    const grants = ["authorization_code", "refresh_token"] as const
    server = createOAuthServer({
      issuer,
      clients: [
        { id: "app", name: "The App", secret: SECRET, redirectUris: [callback], grants },
        { id: "public", name: "Public", redirectUris: [callback], grants },
      ],
      people: PEOPLE,
    })
    const app = createApp()
    app.add(server.routes)
    late.serve(app)
  })
  afterAll(async () => {
    await late.stop()
    await server.close()
  })

  test.each([
    ["app", true],
    ["app", false],
    ["public", true],
    ["public", false],
  ] as const)("signs somebody in as %s (pushed: %p), and keeps what it gave", async (id, pushes) => {
    const { client, app, signedIn } = stand(issuer, id, { pushes })
    const started = await app.open("/sign-in/peer?next=/home")
    expect(started.leftTo!.searchParams.has("request_uri")).toBe(pushes)
    const browser = new FormBrowser(issuer)
    let page = await signIn(browser, await browser.open(started.leftTo!.href))
    if (page.leftTo === undefined) page = await browser.submit(page, { decision: "allow" })
    expect((await app.open(page.leftTo!.href)).text).toBe("home")
    const { identity, tokens } = signedIn[0]!
    expect(identity).toMatchObject({ issuer, subject: "person-1", email: "ana@example.com", emailVerified: true })
    const vault = createTokenVault({ client, store: "memory:", refreshBeforeSeconds: 10_000 })
    await vault.save("user-1", "peer", tokens)
    // The server ends the family of a refresh token that is used twice: all who ask at once share one.
    const all = await Promise.all(Array.from({ length: 5 }, () => vault.fresh("user-1", "peer")))
    expect(new Set(all.map((one) => one!.accessToken)).size).toBe(1)
    expect(all[0]!.accessToken).not.toBe(tokens.accessToken)
    expect(await vault.fresh("user-1", "peer")).toBeDefined()
    expect(await vault.remove("user-1", "peer")).toBe(true)
    expect(await vault.fresh("user-1", "peer")).toBeUndefined()
    await vault.close()
    await client.close()
  })
})
