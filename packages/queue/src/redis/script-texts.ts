import type { IRedisClient } from "bullmq"

export interface ManyScript {
  readonly name: string
  readonly numberOfKeys: number
}
interface Definition {
  readonly numberOfKeys: number
  readonly lua: string
}

/** The scripts that BullMQ gives a client, and of each the one that runs it many times over. */
export class ScriptTexts {
  readonly #define: (name: string, definition: Definition) => void
  readonly #texts: Map<string, Definition> = new Map()
  readonly #many: Map<string, ManyScript> = new Map()

  /** Listens to what the client is given from now on. */
  constructor(client: IRedisClient) {
    this.#define = client.defineCommand.bind(client)
    client.defineCommand = (name, definition) => {
      this.#texts.set(name, definition)
      this.#define(name, definition)
    }
  }

  /** It takes the keys, how many arguments one run has, and the arguments of all runs. Undefined where the script is not known. */
  forMany(name: string): ManyScript | undefined {
    const known = this.#many.get(name)
    const text = this.#texts.get(name)
    if (known !== undefined || text === undefined) return known
    const { numberOfKeys, lua } = text
    const many = { name: `${name}:many`, numberOfKeys }
    this.#define(many.name, { numberOfKeys, lua: repeated(lua) })
    this.#many.set(name, many)
    return many
  }
}

/** A script finds its keys and arguments under these names, whoever calls it. */
function repeated(lua: string): string {
  return `local function once(KEYS, ARGV)
${lua}
end
local each = tonumber(ARGV[1])
local answers = {}
for first = 2, #ARGV, each do
  local own = {}
  for at = 0, each - 1 do own[at + 1] = ARGV[first + at] end
  answers[#answers + 1] = once(KEYS, own) or false
end
return answers`
}
