const TEXT = "text/plain;charset=UTF-8"

/**
 * Gives requests and responses with a text for a body the content type that the standard gives them. Bun leaves it out of
 * `headers` and adds it when it writes the message itself; here another process writes it, and sees only the headers.
 *
 * @see https://fetch.spec.whatwg.org/#concept-bodyinit-extract
 */
export function completeContentTypes(): void {
  globalThis.Response = completed(Response, (args) => args[0])
  globalThis.Request = completed(Request, (args) => (args[1] as RequestInit | undefined)?.body)
}

function completed<Message extends { headers: Headers }, Class extends new (...args: never[]) => Message>(
  native: Class,
  bodyOf: (args: readonly unknown[]) => unknown,
): Class {
  const proxy: Class = new Proxy(native, {
    construct(target, args, newTarget) {
      const message: Message = Reflect.construct(target, args, newTarget === proxy ? target : newTarget)
      if (typeof bodyOf(args) === "string" && !message.headers.has("content-type"))
        message.headers.set("content-type", TEXT)
      return message
    },
  })
  return proxy
}
