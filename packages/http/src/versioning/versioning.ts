import { type Accepted, parseAccept } from "../accept.ts"
import type { BaseContext } from "../context/context.ts"
import { NotAcceptable, NotFound, VersioningInvalid, VersionUnknown } from "../errors.ts"
import { type Failure, fail } from "../failure.ts"
import { type Layer, layer } from "../layer.ts"
import { JSON_TYPE, kindOf, type Reply } from "../reply/reply.ts"
import type { Scope } from "../scope.ts"
import { type DeprecationFacts, type DeprecationWarning, deprecationParts } from "./deprecation.ts"
import type { VersionMark, VersionPolicy } from "./version-mark.ts"

/** How callers say which version they want. */
export type VersionedBy =
  /** By the start of the path: `/v1/users`. `prefix` is `v` unless you say otherwise. */
  | { readonly path: true; readonly prefix?: string }
  /** By a header of its own, such as `API-Version: 1`; or by `Accept: application/vnd.<vendor>+json; version=1`; or both. */
  | { readonly header?: string; readonly vendor?: string }

export interface VersioningOptions<T extends Readonly<Record<string, DeprecationFacts>>> {
  readonly by: VersionedBy
  /** The versions there are, and what is to be said of old ones. */
  readonly versions: T
  /** The version of requests that name none. Default: none, and such requests are refused with the list. */
  readonly default?: `${keyof T & (string | number)}`
  /** Told once for each deprecated route that is still asked for. Default: `console.warn`. */
  readonly warn?: DeprecationWarning
}

/** The versions of an API. */
export interface Versioning<V extends string> {
  readonly names: readonly V[]
  /**
   * Declares routes of one version. By path they stand under `/v1`; otherwise at the same paths as those of the others.
   * @example
   * api.scope(app, "1", (v1) => v1.get("/users", listUsersAsBefore))
   */
  scope<X, E, R>(parent: Scope<X, E>, version: V, block: (scope: Scope<X, E>) => R): R
  /** The layer that makes a route, or a scope, one of a version: for those who lay out their paths themselves. */
  version(name: V): Layer
}

/**
 * Defines the versions of an API. Routes of different versions may have the same path and method; nothing else about them
 * needs to be alike. Routes outside of all versions are what they always were, and cost what they always did.
 *
 * A version that there is not is refused with the list: 400 for a header, 406 for `Accept`, 404 for a path. So is one
 * that a path is not served in (404).
 * @throws {HTTP_VERSIONING_INVALID} for names, headers, dates and addresses that cannot be sent.
 * @example
 * const api = defineVersions({
 *   by: { header: "API-Version" },
 *   versions: { 1: { deprecatedAt: "2026-01-01", sunsetAt: "2027-01-01" }, 2: {} },
 *   default: "2",
 * })
 */
export function defineVersions<const T extends Readonly<Record<string, DeprecationFacts>>>(
  options: VersioningOptions<T>,
): Versioning<`${keyof T & (string | number)}`> {
  type V = `${keyof T & (string | number)}`
  const { by, versions, warn } = options
  const names = Object.keys(versions) as V[]
  checkNames(names, options.default)
  const policy: Policy =
    "path" in by
      ? new PathPolicy(names, options.default, readPrefix(by.prefix))
      : createRequestPolicy(by, names, options.default)
  const layers = new Map<V, Layer>()
  for (const name of names) {
    const { headers, meta, watch } = deprecationParts(versions[name]!, `version ${name}`, warn)
    const made = layer({
      name: `version ${name}`,
      headers: { ...headers, ...policy.headers },
      meta: { ...meta, version: name },
      ...watch,
      ...policy.hooks?.(name),
    })
    const version: VersionMark = { name, policy }
    layers.set(name, Object.freeze({ ...made, version }))
  }
  const find = (name: V): Layer => {
    const found = layers.get(name)
    if (found !== undefined) return found
    throw new VersioningInvalid(`There is no version "${name}". Known: ${names.join(", ")}`)
  }
  return {
    names,
    version: find,
    scope: (parent, name, block) => parent.scope(policy.pathOf(name), [find(name)] as never, block as never),
  }
}

interface Policy extends VersionPolicy {
  readonly headers: Readonly<Record<string, string>>
  readonly hooks?: (version: string) => { readonly after?: (ctx: BaseContext, reply: Reply) => Reply | undefined }
  pathOf(version: string): string
}

class PathPolicy implements Policy {
  readonly isByPath = true
  readonly headers = {}
  readonly default: string | undefined
  readonly #names: readonly string[]
  readonly #prefix: string

  constructor(names: readonly string[], usual: string | undefined, prefix: string) {
    this.default = usual
    this.#names = names
    this.#prefix = prefix
  }

  pathOf(version: string): string {
    return `/${this.#prefix}${version}`
  }
  choose(_ctx: BaseContext, served: readonly string[]): string {
    return served[0]!
  }
  explain(path: string, patterns: readonly string[]): Failure | undefined {
    for (const pattern of patterns) {
      const own = this.#names.find((name) => `${pattern}/`.includes(`${this.pathOf(name)}/`))
      if (own === undefined) continue
      const base = pattern.slice(0, `${pattern}/`.indexOf(`${this.pathOf(own)}/`))
      const asked = path.startsWith(`${base}/${this.#prefix}`) ? path.slice(base.length + 1).split("/", 1)[0]! : ""
      const version = asked.slice(this.#prefix.length)
      if (!NAME.test(version) || !/\d/.test(version) || this.#names.includes(version)) continue
      return fail(NotFound, `There is no version ${version}. Versions: ${this.#names.join(", ")}`, {
        versions: this.#names,
      })
    }
    return undefined
  }
}

/** What a request says about the version: the name, where it says one, and the error if there is none of that name. */
interface Asked {
  readonly name: string
  readonly kind: typeof VersionUnknown | typeof NotAcceptable
}

function createRequestPolicy(
  { header, vendor }: { readonly header?: string; readonly vendor?: string },
  names: readonly string[],
  usual: string | undefined,
): Policy {
  checkSources(header, vendor)
  const media = vendor === undefined ? undefined : `application/vnd.${vendor.toLowerCase()}+json`
  const vary = [...(header === undefined ? [] : [header.toLowerCase()]), ...(media === undefined ? [] : ["accept"])]
  const how = [
    ...(header === undefined ? [] : [`the header ${header}`]),
    ...(media === undefined ? [] : [`Accept: ${media}; version=…`]),
  ]
  const ask = (ctx: BaseContext): Asked | undefined => {
    const named = header === undefined ? null : ctx.headers.get(header)
    if (named !== null) return { name: named.trim(), kind: VersionUnknown }
    const accept = media === undefined ? null : ctx.headers.get("accept")
    const accepted =
      accept === null || !accept.toLowerCase().includes(media!) ? undefined : acceptedVersion(accept, media!, names)
    return accepted === undefined ? undefined : { name: accepted, kind: NotAcceptable }
  }
  return {
    isByPath: false,
    header,
    mediaType: media,
    default: usual,
    headers: { vary: vary.join(", ") },
    pathOf: () => "/",
    explain: () => undefined,
    choose(ctx, served) {
      const asked = ask(ctx)
      const name = asked?.name ?? usual
      if (name !== undefined && served.includes(name)) return name
      if (name === undefined)
        return fail(VersionUnknown, `Say which version: by ${how.join(" or ")}. Versions: ${names.join(", ")}`, {
          versions: names,
        })
      if (names.includes(name))
        return fail(NotFound, `This is not served in version ${name}. It is in: ${served.join(", ")}`, {
          versions: served,
        })
      return fail(asked!.kind, `There is no version ${JSON.stringify(name)}. Versions: ${names.join(", ")}`, {
        versions: names,
      })
    },
    ...(media !== undefined && {
      hooks: (version) => ({ after: (ctx, reply) => inVendorType(ctx, reply, media, version) }),
    }),
  }
}

/**
 * The version that an `Accept` header likes best; undefined where it leaves the choice, because a range that it likes
 * better, or at least accepts, names none.
 */
function acceptedVersion(accept: string, media: string, names: readonly string[]): string | undefined {
  const members = parseAccept(accept).filter(({ q }) => q > 0)
  const ranked = [...members].sort((a, b) => b.q - a.q)
  let unknown: string | undefined
  for (const member of ranked) {
    const version = member.value === media ? member.params.get("version") : undefined
    if (version === undefined) {
      if (takesJson(member, media)) return undefined
    } else if (names.includes(version)) return version
    else unknown ??= version
  }
  return unknown
}

function takesJson({ value }: Accepted, media: string): boolean {
  return value === media || value === JSON_TYPE || value === "application/*" || value === "*/*"
}

/** Who asked for the vendor's type is answered in it. */
function inVendorType(ctx: BaseContext, reply: Reply, media: string, version: string): Reply | undefined {
  const { value, contentType } = reply
  const isJson = contentType === undefined ? kindOf(value) === "json" : contentType === JSON_TYPE
  if (!isJson || !ctx.headers.get("accept")?.toLowerCase().includes(media)) return undefined
  return reply.withBody(value, `${media};version=${version}`)
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VENDOR = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/

function checkNames(names: readonly string[], usual: string | undefined): void {
  if (names.length === 0) throw new VersioningInvalid("Expected at least one version")
  for (const name of names)
    if (!NAME.test(name))
      throw new VersioningInvalid(`Expected a version like "1", "2.1" or "2026-03-01", got "${name}"`)
  if (usual !== undefined && !names.includes(usual))
    throw new VersioningInvalid(`Expected the default to be one of ${names.join(", ")}, got "${usual}"`)
}

function readPrefix(prefix = "v"): string {
  if (/^[A-Za-z._-]*$/.test(prefix)) return prefix
  throw new VersioningInvalid(`Expected a prefix of letters, such as "v", got "${prefix}"`)
}

function checkSources(header: string | undefined, vendor: string | undefined): void {
  if (header === undefined && vendor === undefined)
    throw new VersioningInvalid("Expected `path`, `header` or `vendor` to say how versions are told apart")
  if (header !== undefined && !TOKEN.test(header))
    throw new VersioningInvalid(`"${header}" is not the name of a header`)
  if (vendor !== undefined && !VENDOR.test(vendor))
    throw new VersioningInvalid(`Expected a vendor like "acme", for application/vnd.acme+json, got "${vendor}"`)
}
