import type { IRedisClient } from "bullmq"
import type { ScriptTexts } from "./script-texts.ts"

interface Waiting {
  readonly args: readonly unknown[]
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Jobs that the server adds in one go, while others wait for it. */
const MAX_AT_ONCE = 100

/** In the place of a client when jobs are added: what is asked of it in one turn of the event loop, it asks of the server in one call. */
export class AddDesk {
  readonly #client: IRedisClient
  readonly #scripts: ScriptTexts
  readonly #waiting: Map<string, Waiting[]> = new Map()
  #isAsked = false

  constructor(client: IRedisClient, scripts: ScriptTexts) {
    this.#client = client
    this.#scripts = scripts
  }

  /** Runs a script of BullMQ: keys first, which are the same in all calls of one desk. */
  runCommand(name: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const known = this.#waiting.get(name)
      if (known === undefined) this.#waiting.set(name, [{ args, resolve, reject }])
      else known.push({ args, resolve, reject })
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
    const args = [...first.args.slice(0, script.numberOfKeys), first.args.length - script.numberOfKeys]
    for (const one of group)
      for (let at = script.numberOfKeys; at < one.args.length; at++) args.push(one.args[at] as never)
    this.#client.runCommand(script.name, args).then(
      (answers) => {
        for (const [at, { resolve }] of group.entries()) resolve((answers as readonly unknown[])[at])
      },
      (error) => {
        for (const { reject } of group) reject(error)
      },
    )
  }
}
