import { functionPath } from "./path.ts"
import { readProblem, type Transport } from "./transport.ts"

export interface InvokeOptions {
  /** What follows the function's URL, with its query string: `/region/Europe?minArea=1000`. Default `/`. */
  readonly path?: string
  /** Default `GET`, or `POST` when there is a body. */
  readonly method?: string
  /** A plain object or array is sent as JSON, everything else as it is. */
  readonly body?: BodyInit | object | null
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** How long the headers of the answer may take. Default: the client's. */
  readonly timeoutMs?: number
}

/** Calls the project's functions. */
export interface Functions {
  /**
   * Calls a function and gives its answer unread, whatever its status. Its header `Ashlar-Invocation` is the id that
   * the function's logs carry. A call is never repeated by itself.
   *
   * @throws {AshlarRequestError} When the answer is a problem document: the platform refused or stopped the call
   * (`FUNCTIONS_WALL_LIMIT`, `FUNCTIONS_QUEUE_FULL`, ...), or the function answered with one.
   * @example
   * const answer = await ashlar.functions.invoke("atlas", { path: "/neighbours/CHE" })
   * const neighbours = await answer.json()
   */
  invoke(name: string, options?: InvokeOptions): Promise<Response>
}

/** Makes the caller of one project's functions. */
export function createFunctions(transport: Transport, project: string): Functions {
  return {
    async invoke(name, options = {}) {
      const { body, signal, timeoutMs, headers } = options
      const answer = await transport.send({
        method: options.method ?? (body === undefined || body === null ? "GET" : "POST"),
        path: functionPath(project, name, options.path),
        ...(isPlain(body) ? { json: body } : { body: body ?? null }),
        headers: headers ?? {},
        signal,
        timeoutMs,
        retry: false,
      })
      const problem = await readProblem(answer)
      if (problem) throw problem
      return answer
    },
  }
}

function isPlain(body: BodyInit | object | null | undefined): body is object {
  if (typeof body !== "object" || body === null) return false
  const prototype: unknown = Object.getPrototypeOf(body)
  return Array.isArray(body) || prototype === Object.prototype || prototype === null
}
