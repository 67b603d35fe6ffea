import type { RouteRecord } from "@ashlar/http"
import { toJsonSchema } from "@ashlar/http/routes"
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js"

/** Checks bodies against what their routes declare, by JSON Schema: it shares no code with what made them. */
export class ResponseSchemas {
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false })
  readonly #known = new WeakMap<object, ValidateFunction | undefined>()

  /** What is wrong with a body; undefined: nothing, or nobody says. */
  problemOf({ output }: RouteRecord, status: number, body: unknown): string | undefined {
    const schema = output.get(status)
    if (schema === undefined || schema === null) return undefined
    if (!this.#known.has(schema)) this.#known.set(schema, this.#compile(toJsonSchema(schema, "output")))
    const check = this.#known.get(schema)
    if (check === undefined || check(body)) return undefined
    const [first] = check.errors ?? []
    return `${first?.instancePath || "the body"} ${first?.message ?? "does not fit"}`
  }

  #compile(json: object): ValidateFunction | undefined {
    try {
      return this.#ajv.compile(json)
    } catch {
      return undefined // a pattern or a keyword that Ajv does not read
    }
  }
}
