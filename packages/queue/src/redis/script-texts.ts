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

  /**
   * It takes the keys of the first run, and of each run: how many of its keys are others, the place and name of each of those, how many
   * arguments it has, and these. Undefined where the script is not known.
   */
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
local answers = {}
local at = 1
local function take()
  at = at + 1
  return ARGV[at - 1]
end
while at <= #ARGV do
  local keys = {}
  for place = 1, #KEYS do keys[place] = KEYS[place] end
  for _ = 1, tonumber(take()) do
    local place = tonumber(take())
    keys[place] = take()
  end
  local own = {}
  for place = 1, tonumber(take()) do own[place] = take() end
  answers[#answers + 1] = once(keys, own) or false
end
return answers`
}
