import type { AnySchema, Out } from "../schema.ts"
import { checkLimits } from "./limits.ts"
import type { MultipartLimits } from "./multipart.ts"
import type { UploadTarget } from "./upload-target.ts"

/** What a file must be. */
export interface FileRule {
  /** Beyond: HTTP_PART_TOO_LARGE. Default 10 MiB. */
  readonly maxFileBytes?: number
  /**
   * The media types taken, as the content shows them: `image/png`, or `image/*` for all of a kind but what browsers run as a
   * page (SVG must be named). Default: any.
   */
  readonly types?: readonly string[]
  /** The endings that the sender's file name may have: `.png`, `.tar.gz`; case does not count. Default: any, and none. */
  readonly extensions?: readonly string[]
  /** Compute the SHA-256 of the content while it passes. Default false. */
  readonly sha256?: boolean
}

/** What the files of one field of a form must be. */
export interface FilesRule extends FileRule {
  /** Default 1. */
  readonly maxFiles?: number
  /** Refuse a form without a file in this field. Default false. */
  readonly required?: boolean
}

/** What the text of one field of a form must be. */
export interface FieldRule {
  /** In UTF-8. Beyond: HTTP_PART_TOO_LARGE. Default 65,536. */
  readonly maxBytes?: number
  /** How often the field may be there; with this said, its value is a list. */
  readonly maxValues?: number
  /** Refuse a form without this field. Default false. */
  readonly required?: boolean
}

export type FilesRules = Readonly<Record<string, FilesRule>>
export type FieldRules = Readonly<Record<string, FieldRule>>

/** What a form may hold, and where its files go. */
export interface UploadOptions<F extends FilesRules, T extends FieldRules | AnySchema, S extends object>
  extends MultipartLimits {
  /** Where accepted files are stored. */
  readonly target: UploadTarget<S>
  /** The fields that take files, by name; a file in any other is refused. */
  readonly files: F
  /**
   * The fields that take text: a rule for each, by name, where any other is refused; or any Standard Schema for all of them
   * together, which is given text, and a list where a name repeats. Default: none.
   */
  readonly fields?: T
  /** Fields and files together. Default: as many as the rules allow (a schema: 100 fields), and 10 more. */
  readonly maxParts?: number
  /** With a schema: the most bytes of text in all fields together. Beyond: HTTP_PART_TOO_LARGE. Default 1 MiB. */
  readonly maxFieldsBytes?: number
  /**
   * How much of a form is still read, and thrown away, after the first thing that is wrong with it: so all that is wrong is
   * told at once, and a client that reads no answer before it has sent all hears it. Default 1 MiB.
   */
  readonly maxDrainBytes?: number
}

/** What is known about a stored file, besides what its target says. */
export interface FileFacts {
  /** What the file is called in its target. */
  readonly name: string
  /** The name it had where it came from, made harmless: for people, never a path. */
  readonly originalName: string
  /** The media type, as its content shows it. */
  readonly type: string
  /** The media type its sender claimed. */
  readonly declaredType: string
  readonly sizeBytes: number
  /** 64 hexadecimal digits, when the rule asks for it. */
  readonly sha256: string | undefined
}

export type UploadedFile<S extends object> = FileFacts & S

/** A form that was received whole; its files are in their places. */
export interface UploadForm<F extends FilesRules, T extends FieldRules | AnySchema, S extends object> {
  readonly fields: FieldsOf<T>
  /** For each declared field its files in the order they came; a list that may be empty unless the rule says `required`. */
  readonly files: { readonly [K in keyof F]: FilesOf<F[K], S> }
  /** Removes the files again: for a handler that cannot go through with what they were for. Once is enough. */
  discard(): Promise<void>
}

type FilesOf<R, S extends object> = R extends { readonly required: true }
  ? readonly [UploadedFile<S>, ...UploadedFile<S>[]]
  : readonly UploadedFile<S>[]

export type FieldsOf<T> = T extends AnySchema ? Out<T> : { readonly [K in keyof T]: ValueOf<T[K]> }
type ValueOf<R> = R extends { readonly maxValues: number }
  ? readonly string[]
  : R extends { readonly required: true }
    ? string
    : string | undefined

/** The rules with every default filled in. */
export interface FullFilesRule extends Required<Omit<FilesRule, "types" | "extensions">> {
  readonly types: readonly string[] | undefined
  readonly extensions: readonly string[] | undefined
}

/** @throws {HTTP_UPLOAD_MISUSED} for a limit that is none. */
export function fillRule(rule: FilesRule): FullFilesRule {
  const { maxFiles = 1, maxFileBytes = 10 * 2 ** 20, required = false, sha256 = false } = rule
  checkLimits({ maxFiles, maxFileBytes })
  return {
    maxFiles,
    maxFileBytes,
    required,
    sha256,
    types: rule.types?.map((type) => type.toLowerCase()),
    extensions: rule.extensions?.map((extension) => extension.toLowerCase()),
  }
}
