/** Loads a developer's code, again and again in one process. */
export interface Modules {
  /** Loads the entry and all that it imports as it is on disk now. What is installed stays as it was loaded first. */
  load(): Promise<Readonly<Record<string, unknown>>>
  /** The developer's own files that were asked for so far, found or not broken. */
  files(): ReadonlySet<string>
}
