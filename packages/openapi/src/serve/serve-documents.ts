import {
  type AnyLayer,
  type App,
  type BaseContext,
  errors,
  fail,
  layer,
  Reply,
  type RouteRecord,
  type RouteTable,
} from "@ashlar/http"
import { etag } from "@ashlar/http/caching"
import { OptionInvalid } from "../errors.ts"
import { describeRoute } from "../operations/route-notes.ts"
import { docsPage, relativePath } from "./docs-page.ts"
import type { DocumentOptions } from "./document-options.ts"
import { type DocumentFormat, type DocumentKind, Documents } from "./documents.ts"
import { type Asset, scalarScript, startScript } from "./page-assets.ts"

export interface ServeOptions extends DocumentOptions {
  /** Where each is served; `false`: nowhere. Defaults: `/openapi.json`, `/openapi.yaml`, `/asyncapi.json`, `/docs`. */
  readonly paths?: Partial<Readonly<Record<"json" | "yaml" | "asyncapi" | "docs", string | false>>>
  /** Layers around all of it, such as a guard. Default: none but those of the app. */
  readonly layers?: readonly AnyLayer[]
}

const PATHS = { json: "/openapi.json", yaml: "/openapi.yaml", asyncapi: "/asyncapi.json", docs: "/docs" } as const

/**
 * Serves the documents of an app, and a page that shows them and tries requests. The documents are written from the frozen table when they
 * are first asked for; `?version=` asks for that of one version of the API. None of these routes is in a document.
 *
 * The page needs nothing from elsewhere and may run nothing from elsewhere: it comes with a content security policy, and
 * its script is vendored.
 * @throws {OPENAPI_OPTION_INVALID} for a path that does not begin with `/`, or a page without the JSON document.
 * @example
 * const app = createApp()
 * openapi(app, { title: "Shop", version: "1.0.0" })
 */
export function openapi<X, E>(app: App<X, E>, { paths = {}, layers = [], ...options }: ServeOptions): void {
  const at = checkedPaths(paths)
  const documents = new Documents(() => app.table(), options)
  const notes = { ...describeRoute({ hidden: true }), [OPTIONS]: options }
  const own = layer({
    name: "openapi",
    meta: notes,
    headers: { "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" },
  })
  const definition = {
    layers: [etag({ maxBytes: MAX_TAGGED_BYTES })],
    errors: [errors.NotFound, errors.PreconditionFailed],
  }
  app.scope("/", [...layers, own] as never, (scope) => {
    const answer = (path: string, kind: DocumentKind, format: DocumentFormat): void =>
      void scope.get(path, definition as object, (ctx: BaseContext) => sendDocument(ctx, documents, kind, format))
    if (at.json !== false) answer(at.json, "openapi", "json")
    if (at.yaml !== false) answer(at.yaml, "openapi", "yaml")
    if (at.asyncapi !== false) answer(at.asyncapi, "asyncapi", "json")
    if (at.docs === false || at.json === false) return
    const { docs, json } = at
    scope.get(docs, (ctx: BaseContext) => sendPage(ctx, documents, options, { docs, json }))
    for (const asset of [scalarScript, startScript])
      scope.get(`${docs}/${asset.name}`, (ctx: BaseContext) => sendAsset(ctx, asset))
  })
}

/** Larger documents are sent anew each time. */
const MAX_TAGGED_BYTES = 64 * 1024 * 1024

function checkedPaths(paths: NonNullable<ServeOptions["paths"]>): Record<keyof typeof PATHS, string | false> {
  const at = { ...PATHS, ...paths }
  for (const [name, path] of Object.entries(at))
    if (path !== false && !/^\/[^:*?]+$/.test(path))
      throw new OptionInvalid(
        `Expected paths.${name} to be a path like "${PATHS[name as "json"]}", or false, got "${path}"`,
      )
  if (at.docs !== false && at.json === false)
    throw new OptionInvalid("The page shows the JSON document: serve it, or say `docs: false`")
  return at
}

/** Where the routes that serve documents say what these are written with. */
const OPTIONS: unique symbol = Symbol.for("@ashlar/openapi options")

/** The options that an app serves its documents with; undefined when it serves none. */
export function servedOptions({ records }: RouteTable): DocumentOptions | undefined {
  const of = ({ meta }: RouteRecord): unknown => (meta as Readonly<Record<symbol, unknown>>)[OPTIONS]
  return records.map(of).find((options) => options !== undefined) as DocumentOptions | undefined
}

const TYPES: Readonly<Record<DocumentFormat, string>> = {
  json: "application/json",
  yaml: "application/yaml", // RFC 9512
}

function sendDocument(ctx: BaseContext, documents: Documents, kind: DocumentKind, format: DocumentFormat): unknown {
  const { version } = ctx.query as { version?: string | readonly string[] }
  if (version !== undefined && !documents.versions.includes(version as string))
    return fail(errors.NotFound, "There is no document of this version", { versions: documents.versions })
  ctx.set("cache-control", "no-cache") // it may be kept, and asked for anew each time
  return new Reply(200, documents.text(kind, format, version as string | undefined), TYPES[format])
}

function sendPage(
  ctx: BaseContext,
  { versions }: Documents,
  { title, servers = [] }: DocumentOptions,
  { docs, json }: { readonly docs: string; readonly json: string },
): Reply {
  const url = relativePath(docs, json)
  const page = docsPage({
    title,
    documents:
      versions.length === 0
        ? [{ title, url }]
        : versions.map((one) => ({ title: `Version ${one}`, url: `${url}?version=${encodeURIComponent(one)}` })),
    assets: relativePath(docs, `${docs}/`),
    origins: servers.flatMap(({ url }) => (URL.canParse(url) ? [new URL(url).origin] : [])),
  })
  ctx.set("cache-control", "no-cache")
  ctx.set("content-security-policy", page.policy)
  return ctx.html(page.html)
}

async function sendAsset({ headers }: BaseContext, { compressed, plain }: Asset): Promise<Reply> {
  const kept = { "cache-control": "public, max-age=31536000, immutable", vary: "accept-encoding" }
  const takes = BROTLI.test(headers.get("accept-encoding") ?? "")
  if (!takes || compressed === undefined) return new Reply(200, await plain(), JAVASCRIPT, kept)
  return new Reply(200, await compressed(), JAVASCRIPT, { ...kept, "content-encoding": "br" })
}

const JAVASCRIPT = "text/javascript;charset=utf-8"
/** Unless its weight is 0. */
const BROTLI = /\bbr\b(?!\s*;\s*q=0(?:\.0*)?(?:\s|,|$))/i
