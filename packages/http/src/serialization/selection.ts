/** The way to a member: keys joined by dots. Items of a list are passed through; `*` is any key of a record. */
export type MemberPath = readonly string[]

/** Keys are texts; a place in a list says nothing about what is shown. */
const INDEX = /^\d+$/

/** Which members of a value are shown. */
export class Selection {
  readonly #only: readonly MemberPath[] | undefined
  readonly #hidden: readonly MemberPath[]

  constructor(only: readonly string[] | undefined, hidden: readonly string[]) {
    this.#only = only?.map(toPath)
    this.#hidden = hidden.map(toPath)
  }

  /** Whether a member is shown, or some part of it. */
  shows(path: MemberPath): boolean {
    if (this.#hidden.some((hidden) => leads(hidden, path))) return false
    return this.#only === undefined || this.#only.some((only) => leads(only, path) || leads(path, only))
  }

  /** Whether anything is said about the inside of a member. */
  looksInto(path: MemberPath): boolean {
    const isInside = (one: MemberPath): boolean => one.length > path.length && leads(path, one)
    return this.#hidden.some(isInside) || (this.#only?.some(isInside) ?? false)
  }

  /** The same for the path of an issue, in which the places in lists are. */
  showsAt(path: readonly string[]): boolean {
    return this.shows(path.filter((key) => !INDEX.test(key)))
  }
}

function toPath(text: string): MemberPath {
  return text.split(".")
}

/** Whether `path` is `prefix`, or inside of it. */
function leads(prefix: MemberPath, path: MemberPath): boolean {
  return prefix.length <= path.length && prefix.every((key, at) => key === path[at] || key === "*" || path[at] === "*")
}
