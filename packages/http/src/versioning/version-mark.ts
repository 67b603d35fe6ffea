import type { BaseContext } from "../context/context.ts"
import type { Failure } from "../failure.ts"

/** What the layer of a version says to the table and to the kernel. */
export interface VersionMark {
  readonly name: string
  readonly policy: VersionPolicy
}

/** How the versions of an API are told apart. */
export interface VersionPolicy {
  /** Each version has paths of its own: nothing needs to be chosen when a path is found. */
  readonly isByPath: boolean
  /** The header that names the version, and the type that `Accept` names it with; for OpenAPI. */
  readonly header?: string | undefined
  readonly mediaType?: string | undefined
  /** The version of requests that name none. */
  readonly default: string | undefined
  /** Which of the versions that a path and method are served in a request is for; or why it is for none of them. */
  choose(ctx: BaseContext, served: readonly string[]): string | Failure
  /** What is wrong with a path that nobody serves, if a version is: `bases` are the prefixes that versions stand under. */
  explain(path: string, bases: readonly string[]): Failure | undefined
}
