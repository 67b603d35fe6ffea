/** What is known about a file before it is stored. */
export interface IncomingFile {
  /** The name of its field in the form. */
  readonly field: string
  /** The name it had where it came from, made harmless by `sanitizeFilename`: for people, never a path. */
  readonly originalName: string
  /** The media type, as its content shows it. */
  readonly type: string
  /** The media type its sender claims. */
  readonly declaredType: string
  /** The usual extension of `type`, with its dot; empty for a type that has none here. */
  readonly extension: string
}

/**
 * Where files go: a folder, memory, a bucket. What a target must do is what makes an upload all or nothing.
 *
 * For each file the caller calls `open`, then on the writer `write` for each chunk, `end`, and, once everything else in
 * the form is there and right, `commit`. It awaits each call before the next. Instead of any of them, and after any of
 * them, it may call `discard`, and nothing after that. Files of one form are written one after the other; one target serves
 * many forms at the same time.
 */
export interface UploadTarget<Stored extends object = object> {
  /**
   * Begins to store a file that its rules have accepted by its first bytes.
   *
   * MUST choose the name. MUST NOT take `originalName` for one. MUST NOT make anything visible under the name yet. MUST
   * leave nothing behind when it rejects.
   */
  open(file: IncomingFile): UploadWriter<Stored> | Promise<UploadWriter<Stored>>
}

/** One file on its way into a target. */
export interface UploadWriter<Stored extends object = object> {
  /** What the file is called in its target. MUST be there from the beginning and MUST NOT change. */
  readonly name: string
  /**
   * Takes the next bytes. MUST have written or copied them when it resolves: the chunk is not kept for it. MUST NOT resolve
   * before the target can take more, so that a slow target slows the sender down. MUST reject with HTTP_STORAGE_FULL when
   * there is no room.
   */
  write(chunk: Uint8Array): void | Promise<void>
  /** All bytes have come. MUST make them as durable as the target promises. MUST NOT make the file visible. */
  end(): void | Promise<void>
  /**
   * Puts the file into its place, and says what the handler is to know of it.
   *
   * MUST be atomic: a reader finds the whole file or none. MUST NOT replace another file, and reject with
   * HTTP_UPLOAD_NAME_TAKEN instead.
   */
  commit(): Stored | Promise<Stored>
  /**
   * Removes what there is of the file, wherever it stands: while it is written, after `end`, after a `commit` that failed, and
   * after one that did not. MUST do nothing when it is called again. MUST NOT remove anything that this writer did not write.
   */
  discard(): void | Promise<void>
}
