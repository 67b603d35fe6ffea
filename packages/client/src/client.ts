import { Caller } from "./caller.ts"
import type { Call, Client, Result } from "./contract.ts"
import type { CallOptions, ClientOptions } from "./options.ts"
import type { Input } from "./outgoing.ts"

/**
 * Makes a client of an app from the type of its routes, or from the `interface Routes` that `ashlar types` writes.
 * @example
 * const api = createClient<typeof users>("https://api.example.com")
 * const user = await api.show({ params: { id: "42" } })
 */
export function createClient<T>(url: string | URL, options: ClientOptions = {}): Client<T> {
  return endpointOf(new Caller(url, options), "") as Client<T>
}

function endpointOf(caller: Caller, name: string): unknown {
  const inner = new Map<string, unknown>()
  return new Proxy(() => undefined, {
    get(_target, key) {
      // `then` would make a promise of it, for whoever returns a client from an async function.
      if (typeof key !== "string" || key === "then") return undefined
      if (!inner.has(key)) inner.set(key, endpointOf(caller, name === "" ? key : `${name}.${key}`))
      return inner.get(key)
    },
    apply: (_target, _this, [input, options]: [Input?, CallOptions?]) => toCall(caller.call(name, input, options)),
  })
}

function toCall(data: Promise<unknown>): Call<unknown, never> {
  // Who asks for the result alone has nothing to catch.
  data.catch(() => undefined)
  const result = (): Promise<Result<unknown, never>> =>
    data.then(
      (value) => ({ ok: true, data: value }),
      (error) => ({ ok: false, error }),
    )
  return Object.assign(data, { result })
}
