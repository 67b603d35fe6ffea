/** A response whose body breaks off beyond so many bytes, also where its head did not say that it is so long. */
export function limited(response: Response, maxBytes: number, tooLarge: () => Error): Response {
  const { body, headers, status } = response
  if (Number(headers.get("content-length") ?? 0) > maxBytes) {
    void body?.cancel().catch(() => undefined)
    throw tooLarge()
  }
  if (body === null) return response
  let left = maxBytes
  const counted = body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        left -= chunk.byteLength
        if (left < 0) controller.error(tooLarge())
        else controller.enqueue(chunk)
      },
    }),
  )
  return new Response(counted, { status, headers })
}
