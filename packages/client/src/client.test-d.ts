/** The promises of the types, held by `tsc`: every `@ts-expect-error` must be an error, every `Same` must be the same. */

import type { users } from "../test/shop.ts"
import {
  type ClientErrorCode,
  type ClientSocket,
  createClient,
  type Failed,
  type ReceivedEvent,
  type RouteTypes,
} from "./index.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => undefined

interface User {
  id: string
  name: string
}

export async function calls(): Promise<void> {
  const api = createClient<typeof users>("https://api.example.com")
  const shown = await api.show({ params: { id: "1" } })
  same<typeof shown, { id: string; name: string }>(true)
  const listed = await api.list({ query: {} })
  same<typeof listed, { limit: number; tags: string[]; at: string }>(true) // a date is text by then
  await api.list() // no part of its query is needed
  same<Awaited<ReturnType<typeof api.remove>>, null>(true)
  same<Awaited<ReturnType<typeof api.poisoned>>, unknown>(true)
  same<Awaited<ReturnType<typeof api.bytes>>, ReadableStream<Uint8Array>>(true)
  same<Awaited<ReturnType<typeof api.rows>>, AsyncIterable<{ n: number }>>(true)
  for await (const tick of await api.ticks()) {
    same<typeof tick.data, { n: number }>(true)
    const event: Omit<ReceivedEvent, "data"> = tick
    void event
  }
  same<Awaited<ReturnType<typeof api.chat>>, ClientSocket<{ say: string }, { said: string }>>(true)
  same<Awaited<ReturnType<typeof api.nested.deep>>, string>(true)
  // @ts-expect-error: the id is missing
  await api.show()
  // @ts-expect-error: it is text
  await api.show({ params: { id: 1 } })
  // @ts-expect-error: the route has no such part
  await api.show({ params: { id: "1" }, body: {} })
  // @ts-expect-error: the body has no such key
  await api.create({ body: { name: "Ada", admin: true } })
  // @ts-expect-error: there is no such route
  await api.destroy()
}

export async function errors(): Promise<void> {
  const api = createClient<typeof users>("https://api.example.com")
  const shown = await api.show({ params: { id: "1" } }).result()
  if (shown.ok) {
    same<typeof shown.data, { id: string; name: string }>(true)
  } else {
    same<typeof shown.error.code, "HTTP_NOT_FOUND" | ClientErrorCode>(true)
    if (shown.error.code === "HTTP_NOT_FOUND") same<typeof shown.error.status, 404>(true)
    // @ts-expect-error: it is not one of its errors
    if (shown.error.code === "HTTP_CONFLICT") return
  }
  const { ok, data, error } = await api.show({ params: { id: "1" } }).result()
  if (ok) same<typeof error, undefined>(true)
  else same<typeof data, undefined>(true)
  if (!ok && error.code === "HTTP_NOT_FOUND") same<typeof error.status, 404>(true)
  const created = await api.create({ body: { name: "Ada" } }).result()
  if (!created.ok && created.error.code === "HTTP_INVALID")
    same<(typeof created.error.errors)[number]["in"], Part>(true)
  type CodeOf<C extends () => { result(): Promise<unknown> }> = Extract<
    Awaited<ReturnType<ReturnType<C>["result"]>>,
    Failed<never>
  >["error"]["code"]
  same<CodeOf<typeof api.me>, "HTTP_UNAUTHORIZED" | ClientErrorCode>(true) // its layer's
  same<CodeOf<typeof api.remove>, ClientErrorCode>(true) // never none: the network is always there
}
type Part = "params" | "query" | "headers" | "cookies" | "body" | "response" | "message"

/** What `ashlar types` writes. */
interface Routes {
  readonly users: {
    readonly show: RouteTypes<
      { params: { id: string } },
      User,
      { readonly code: "HTTP_NOT_FOUND"; readonly status: 404 }
    >
  }
}

export async function fromInterface(): Promise<void> {
  const api = createClient<Routes>("https://api.example.com", { manifest: { "users.show": "GET /users/:id" } })
  same<Awaited<ReturnType<typeof api.users.show>>, User>(true)
}

type IsAny<T> = 0 extends 1 & T ? true : false
type Calls<C> = { [K in keyof C]: C[K] extends (...args: never) => infer R ? IsAny<Awaited<R>> : never }[keyof C]
same<Calls<ReturnType<typeof createClient<typeof users>>>, false>(true)
