import type { BaseContext } from "../context/context.ts"
import type { RequestContext } from "../context/request-context.ts"
import { FilesInvalid, NotFound } from "../errors.ts"
import { type Failure, fail } from "../failure.ts"
import { Reply } from "../reply/reply.ts"
import { andThen, type MaybePromise } from "../step.ts"
import { answerFile } from "./answer-file.ts"
import { FileCache, type Found } from "./file-cache.ts"
import { type FileOptions, fileSettings } from "./file-settings.ts"
import { safePath } from "./safe-path.ts"

export interface FolderOptions extends Omit<FileOptions, "contentType" | "download"> {
  /** The file that stands for a folder, or false for none. Default `index.html`. */
  readonly index?: string | false
  /** Names that begin with a dot: none, all, or these: `[".well-known"]`. Default none. */
  readonly dotfiles?: boolean | readonly string[]
  /**
   * Files whose name holds a hash of their content, which may be kept for a year and are never asked for again: by a
   * pattern, or with `true` those like `app-B7xK2pq9.js` and `app.3f2a9c81.css`. Default none.
   */
  readonly immutable?: boolean | RegExp
  /** Lets the browser save the files under their names. Default false. */
  readonly download?: boolean
}

/** A dot or a dash, eight letters and digits or more with at least one digit, and an extension. */
const HASHED = /[.-](?=[A-Za-z0-9_]*\d)[A-Za-z0-9_]{8,64}\.[A-Za-z0-9]+$/

/**
 * Serves what is in a folder, as the handler of a route that ends in `*path`. Links are followed as long as they lead to
 * something in the folder. Everything that is not there, or not to be seen, is 404: names with a dot in front, other
 * kinds of files, and every path that could mean a place outside, however it is written.
 * @throws {HTTP_FILES_INVALID} when an option is out of range; at a request, when the folder does not exist or the route
 * does not end in `*path`. @throws {HTTP_CACHE_CONTROL_INVALID}
 * @example
 * app.get("/assets/*path", serveFolder("./dist/assets", { immutable: true, precompressed: true }))
 */
export function serveFolder(
  folder: string,
  options: FolderOptions = {},
): (ctx: BaseContext) => MaybePromise<Reply | Failure> {
  const { index = "index.html", immutable = false } = options
  const settings = fileSettings(options, immutable === true ? HASHED : immutable === false ? undefined : immutable)
  const cache = new FileCache(options.cache ?? {})
  const root = new Folder(folder)
  const names = { dotfiles: options.dotfiles ?? false, isWindows: globalThis.process?.platform === "win32" }
  const find = (name: string): MaybePromise<Found> => cache.find(name, settings.precompressed, () => root.resolve(name))

  return (ctx) => {
    const asked = restOf(ctx)
    const path = hasHiddenSlash(ctx.path) ? undefined : safePath(asked, names)
    if (path === undefined) return fail(NotFound)
    const isFolder = asked === "" || asked.endsWith("/")
    if (isFolder && index === false) return fail(NotFound)
    const name = isFolder ? `${path}${path === "" ? "" : "/"}${index}` : path
    return andThen(find(name), (file: Found) => {
      if (file !== undefined && file !== "folder") return answerFile(ctx, file, settings)
      if (file === undefined || isFolder || index === false) return fail(NotFound)
      return andThen(find(`${path}/${index}`), (page: Found) =>
        page === undefined || page === "folder" ? fail(NotFound) : withSlash(ctx),
      )
    })
  }
}

/** A folder whose real place is looked up once, when it is first needed. */
class Folder {
  readonly #path: string
  #real: Promise<string> | undefined

  constructor(path: string) {
    this.#path = path
    this.#real = undefined
  }

  /** The real place of a name in the folder; undefined when a link leads out of it. */
  async resolve(name: string): Promise<string | undefined> {
    const { promises } = process.getBuiltinModule("node:fs")
    const { join, sep } = process.getBuiltinModule("node:path")
    this.#real ??= promises.realpath(this.#path).catch((cause) => {
      this.#real = undefined
      throw new FilesInvalid(`The folder ${this.#path} cannot be served: it does not exist, or is not to be read`, {
        cause,
      })
    })
    const root = await this.#real
    const real = await promises.realpath(join(root, name))
    return real.startsWith(root.endsWith(sep) ? root : root + sep) ? real : undefined
  }
}

/** What stands for `*path`, decoded once. */
function restOf(ctx: BaseContext): string {
  const last = ctx.route.segments.at(-1)
  if (last?.kind === "rest") return ctx.params[last.name] ?? ""
  throw new FilesInvalid(`serveFolder needs a route that ends in *path, got ${ctx.route.path}`)
}

/** A slash that is hidden from the router would get around the layers of an inner path. */
function hasHiddenSlash(path: string): boolean {
  return path.includes("%") && /%(?:2f|5c)/i.test(path)
}

/** A page's relative links are meant from inside its folder. The path has one slash in front, so it names no other host. */
function withSlash(ctx: BaseContext): Reply {
  const { search } = ctx as RequestContext
  return new Reply(308, null, undefined, { location: `${ctx.path}/${search === "" ? "" : `?${search}`}` })
}
