import type { AppError } from "./app-error.ts"

/** What the process that runs the app tells about it. */
export type DevEvent =
  | {
      readonly type: "loaded"
      readonly load: number
      readonly durationMs: number
      readonly files: readonly string[]
      readonly urls: readonly string[]
      readonly routes: number
      readonly added: readonly string[]
      readonly removed: readonly string[]
      readonly services: {
        readonly kept: readonly string[]
        readonly reopened: readonly string[]
        readonly closed: readonly string[]
      }
    }
  | {
      readonly type: "failed"
      readonly load: number
      readonly durationMs: number
      readonly files: readonly string[]
      readonly urls: readonly string[]
      readonly error: AppError
      readonly isServing: boolean
    }
  | { readonly type: "stale"; readonly file: string }
