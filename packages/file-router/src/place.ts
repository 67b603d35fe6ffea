import { NameInvalid } from "./errors.ts"

/** What the name of a file says: the path its routes take, and where they stand in the record of all routes. */
export interface Place {
  /** As the kernel writes paths: `/users/:id`, `/docs/*slug`, `/:lang?`. */
  readonly path: string
  /** `["users", "$id"]`: with a method after it, the name of a route (`users.$id.GET`). No two paths share one. */
  readonly keys: readonly string[]
  /** What of the path matches alike whatever its parameters are called, once for each way to fill what is optional. */
  readonly shapes: readonly string[]
}

/** The methods that a route file may export, by these names. */
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"] as const

type Part =
  | { readonly kind: "static"; readonly text: string }
  | { readonly kind: "param" | "optional" | "rest"; readonly name: string }

/**
 * Reads where a route file stands. Folders in parentheses are left out, `index` is the folder itself.
 * @param file from the folder of the routes, with `/`: `users/[id].ts`
 * @throws {FILE_ROUTER_NAME_INVALID} naming the part that stands for no path, and why.
 */
export function readPlace(file: string): Place {
  const names = file.replace(/\.[a-z]+$/, "").split("/")
  const last = names.pop()!
  const folders = names.filter((name) => !isGroup(name))
  const parts = (last === "index" ? folders : [...folders, last]).map((name) => readPart(file, name))
  checkOrder(file, parts)
  return {
    path: `/${parts.map(pathOf).join("/")}`,
    keys: parts.map(keyOf),
    shapes: shapesOf(parts),
  }
}

/** `(admin)`: a folder that gathers files and layers, and is no part of the path. */
function isGroup(name: string): boolean {
  return /^\([\p{L}\p{N}\p{M}._ -]+\)$/u.test(name)
}

/** Whether files and folders of this name are left alone: `_lib`, `.git`, installed packages. */
export function isIgnored(name: string): boolean {
  return name.startsWith("_") || name.startsWith(".") || name === "node_modules"
}

const PARAMETER = /^(\[\[|\[\.\.\.|\[)([A-Za-z_][A-Za-z0-9_]*)(\]\]|\])$/
/** What needs no escape in a path and has no meaning in a pattern, and the letters of any language. */
const STATIC = /^[\p{L}\p{N}\p{M}._~@+-]+$/u

function readPart(file: string, name: string): Part {
  const [, open, parameter, close] = PARAMETER.exec(name) ?? []
  if (parameter !== undefined && (open === "[[") === (close === "]]")) {
    const kind = open === "[[" ? "optional" : open === "[" ? "param" : "rest"
    return { kind, name: parameter }
  }
  const shown = JSON.stringify(name)
  if (/^\[\[\.\.\./.test(name)) {
    throw new NameInvalid(`${file}: write [...name] for ${shown}; it matches the folder itself, too`)
  }
  if (/[[\]()]/.test(name)) {
    throw new NameInvalid(`${file}: expected [name], [[name]], [...name] or a folder (name), each alone, got ${shown}`)
  }
  if ((METHODS as readonly string[]).includes(name)) {
    throw new NameInvalid(
      `${file}: ${shown} is the name of a method, and would hide a route in the record of all routes`,
    )
  }
  if (!STATIC.test(name) || /^\.+$/.test(name)) {
    throw new NameInvalid(`${file}: expected letters, digits and any of - _ . ~ @ + in a name, got ${shown}`)
  }
  // Some file systems keep letters with their marks apart; callers send them together.
  return { kind: "static", text: name.normalize("NFC") }
}

function checkOrder(file: string, parts: readonly Part[]): void {
  const seen = new Set<string>()
  parts.forEach((part, index) => {
    if (part.kind === "static") return
    if (seen.has(part.name)) throw new NameInvalid(`${file}: names the parameter "${part.name}" twice`)
    seen.add(part.name)
    const after = parts[index + 1]
    if (after === undefined) return
    if (part.kind === "rest") throw new NameInvalid(`${file}: nothing may follow [...${part.name}]`)
    if (part.kind === "optional" && after.kind !== "optional") {
      throw new NameInvalid(`${file}: only the last parts of a path may be optional, got [[${part.name}]] before more`)
    }
  })
}

/** Paths are matched as they are sent, and what is not ASCII is sent escaped. */
function pathOf(part: Part): string {
  if (part.kind === "static") return encodeURI(part.text)
  if (part.kind === "rest") return `*${part.name}`
  return part.kind === "optional" ? `:${part.name}?` : `:${part.name}`
}

/** Names of routes are joined with dots, so a dot in a name becomes `$`, which no name of a file may hold. */
function keyOf(part: Part): string {
  if (part.kind === "static") return part.text.replaceAll(".", "$")
  return part.kind === "rest" ? `$$${part.name}` : `$${part.name}`
}

function shapesOf(parts: readonly Part[]): string[] {
  const shapes: string[] = []
  const whole: string[] = []
  for (const part of parts) {
    if (part.kind === "optional") shapes.push(`/${whole.join("/")}`)
    whole.push(part.kind === "static" ? part.text : part.kind === "rest" ? "*" : ":")
  }
  return [...shapes, `/${whole.join("/")}`]
}
