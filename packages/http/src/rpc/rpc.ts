import type { Context } from "../context/context.ts"
import { ProcedureInvalid } from "../errors.ts"
import { type AnyRoute, declare, type RouteDefinition } from "../route.ts"
import { isProcedure } from "./procedure.ts"

export interface RpcOptions {
  /** Where procedures are called: `POST /rpc/users.create`. Default `/rpc`. */
  readonly path?: string
}

const NAME = /^[A-Za-z_][\w-]{0,63}$/
const MAX_DEPTH = 8

/**
 * Gives procedures their addresses: `{ users: { create } }` is called by `POST /rpc/users.create`. Other routes in the record
 * stay where they are. The record that comes back has the same type, and is the contract that `createClient` reads.
 *
 * @throws {HTTP_PROCEDURE_INVALID} for a name that is no plain word, or a record that is nested too deep.
 * @example
 * export const api = rpc({ users: { create, show } })
 * app.add(api)
 * app.add(batch(app, { path: "/rpc" })) // several calls in one request
 */
export function rpc<const T extends object>(record: T, { path = "/rpc" }: RpcOptions = {}): T {
  return placeAll(record, { prefix: path.replace(/\/+$/, ""), names: [] }) as T
}

interface Place {
  readonly prefix: string
  readonly names: readonly string[]
}

function placeAll(record: object, { prefix, names }: Place): object {
  if (names.length > MAX_DEPTH)
    throw new ProcedureInvalid(`Expected records of procedures at most ${MAX_DEPTH} deep, got ${names.join(".")}`)
  const placed: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(record) as [string, object][]) {
    if (!NAME.test(key) || key === "__proto__")
      throw new ProcedureInvalid(
        `Expected procedures to be named by words of letters, digits, - and _, got ${JSON.stringify(key)}`,
      )
    const path = [...names, key]
    if (isProcedure(member)) placed[key] = placeOne(member as AnyRoute, `${prefix}/${path.join(".")}`)
    else placed[key] = isRecord(member) ? placeAll(member, { prefix, names: path }) : member
  }
  return placed
}

function isRecord(member: unknown): member is object {
  return typeof member === "object" && member !== null && Object.getPrototypeOf(member) === Object.prototype
}

function placeOne({ method, definition, handler, declaredAt }: AnyRoute, path: string): object {
  return Object.assign((declare(method) as Declaring)(path, definition, handler as never), { declaredAt })
}

type Declaring = (path: string, definition: RouteDefinition, handler: (ctx: Context) => unknown) => object
