/** The part of Node's writable streams that is used here, so that nothing of Node is loaded. */
export interface Writable {
  write(chunk: Uint8Array | string): boolean
  end(): unknown
  on(event: "drain" | "close" | "error", listener: () => void): unknown
  readonly destroyed?: boolean
}

/**
 * Writes a body at the speed at which it is taken, and lets go of the rest when nobody takes it any more.
 * @returns whether all of it was written
 */
export async function pump(body: ReadableStream<Uint8Array>, out: Writable): Promise<boolean> {
  const reader = body.getReader()
  let gone = out.destroyed === true
  let goOn = (): void => undefined
  const stop = (): void => {
    gone = true
    reader.cancel().catch(() => undefined) // ends a read that waits
    goOn()
  }
  out.on("drain", () => goOn())
  out.on("close", stop)
  out.on("error", stop)
  if (gone) stop()
  for (;;) {
    const { done, value } = await reader.read()
    if (gone) return false
    if (done) return true
    if (out.write(value)) continue
    await new Promise<void>((resolve) => {
      goOn = resolve
      if (gone) resolve()
    })
  }
}
