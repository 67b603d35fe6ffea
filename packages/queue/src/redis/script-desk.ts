import type { IRedisClient } from "bullmq"
import type { ScriptTexts } from "./script-texts.ts"

interface Waiting {
  readonly args: readonly unknown[]
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Runs that the server makes in one go, while others wait for it: a few milliseconds. */
const MAX_AT_ONCE = 50

/** Runs scripts of BullMQ: what is asked of it in one turn of the event loop, it asks of the server in one call. */
export class ScriptDesk {
  readonly #client: IRedisClient
  readonly #scripts: ScriptTexts
  readonly #waiting: Map<string, Waiting[]> = new Map()
  #isAsked = false

  constructor(client: IRedisClient, scripts: ScriptTexts) {
    this.#client = client
    this.#scripts = scripts
  }

  /** The client, whose scripts go over the desk. */
  get client(): IRedisClient {
    const runCommand = (name: string, args: readonly unknown[]): Promise<unknown> => this.runCommand(name, args)
    return new Proxy(this.#client, {
      get(client, name) {
        if (name === "runCommand") return runCommand
        const value: unknown = Reflect.get(client, name, client)
        return typeof value === "function" ? value.bind(client) : value
      },
    })
  }

  /** @param args Keys first. */
  runCommand(name: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const known = this.#waiting.get(name)
      if (known === undefined) this.#waiting.set(name, [{ args: [...args], resolve, reject }])
      else known.push({ args: [...args], resolve, reject })
      if (this.#isAsked) return
      this.#isAsked = true
      queueMicrotask(() => this.#ask())
    })
  }

  #ask(): void {
    this.#isAsked = false
    for (const [name, waiting] of this.#waiting) {
      if (waiting.length === 0) continue
      this.#waiting.set(name, [])
      for (let at = 0; at < waiting.length; at += MAX_AT_ONCE) this.#askFor(name, waiting.slice(at, at + MAX_AT_ONCE))
    }
  }

  #askFor(name: string, group: readonly Waiting[]): void {
    const [first] = group
    const script = group.length === 1 ? undefined : this.#scripts.forMany(name)
    if (script === undefined || first === undefined) {
      for (const { args, resolve, reject } of group) this.#client.runCommand(name, [...args]).then(resolve, reject)
      return
    }
    const keys = first.args.slice(0, script.numberOfKeys)
    const runs = group.flatMap(({ args }) => runOf(args, keys))
    this.#client.runCommand(script.name, [...keys, ...runs]).then(
      (answers) => {
        for (const [at, { resolve }] of group.entries()) resolve((answers as readonly unknown[])[at])
      },
      (error) => {
        for (const { reject } of group) reject(error)
      },
    )
  }
}

/** One run as {@link ScriptTexts.forMany} reads it: how many keys are others than the first run's, which, and its arguments. */
function runOf(args: readonly unknown[], keys: readonly unknown[]): unknown[] {
  const others: unknown[] = []
  for (let at = 0; at < keys.length; at++) if (args[at] !== keys[at]) others.push(at + 1, args[at])
  return [others.length / 2, ...others, args.length - keys.length, ...args.slice(keys.length)]
}
