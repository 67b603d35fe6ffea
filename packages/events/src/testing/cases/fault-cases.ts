import { expect } from "bun:test"
import { join } from "node:path"
import { on as handler } from "../../bus/handler.ts"
import { type BusStage, type BusSuiteOptions, firsts, Noted, numbersOf, range, sorted, until } from "../bus-stage.ts"
import type { On } from "./delivery-cases.ts"

const TIMEOUT_MS = 90_000

export function testFaults(on: On, { cut, url }: BusSuiteOptions): void {
  if (cut !== undefined) testCuts(on, cut)
  if (url !== undefined) testKills(on, url)
}

function testCuts(on: On, cut: () => void): void {
  on(
    "loses nothing, and keeps the order of each key, when its connections are cut",
    async (stage) => {
      const [group, listener] = [await stage.collect(stage.there, { group: "a" }), await stage.collect(stage.there, {})]
      for (let n = 1; n <= 60; n++) {
        if (n % 20 === 10) cut()
        await publishUntilTaken(stage, n)
      }
      for (const { got } of [group, listener]) {
        await until("all are there", () => firsts(got).length >= 60)
        for (const key of range(0, 2)) {
          const ofKey = firsts(got).filter((n) => n % 3 === key)
          expect(ofKey).toEqual(range(1, 60).filter((n) => n % 3 === key))
        }
      }
    },
    TIMEOUT_MS,
  )
}

/** Under one id, as whoever gets an error should. */
async function publishUntilTaken({ here }: BusStage, n: number): Promise<void> {
  await until(`${n} is published`, async () => {
    try {
      await here.publish(Noted, { n, key: `k${n % 3}` }, { id: `n${n}` })
      return true
    } catch (error) {
      expect(error).toMatchObject({ code: "EVENTS_BUS_FAILED" })
      return false
    }
  })
}

function testKills(on: On, url: string): void {
  on(
    "hands out again what a process had that was killed",
    async (stage) => {
      const child = startMember(stage, url)
      await child.says("ready")
      await stage.here.publish(Noted, { n: 1, key: "k", text: "hang" })
      await stage.publish(2, 6, (n) => (n % 2 === 0 ? "k" : `other${n}`))
      await child.says("1")
      const { got } = await stage.collect(stage.there, { group: "a" })
      child.kill()
      await until("all are handled", () => [1, 2, 4, 6].every((n) => numbersOf(got).includes(n)))
      expect(firsts(got).filter((n) => n === 1 || n % 2 === 0)).toEqual([1, 2, 4, 6])
      const all = new Set([...child.numbers(), ...numbersOf(got)])
      await until("nothing is left out", () => sorted([...new Set([...all, ...numbersOf(got)])]).length === 6)
    },
    TIMEOUT_MS,
  )
  on(
    "lets a process that was asleep for longer than its lease leave nothing out, nor change the order",
    async (stage) => {
      const child = startMember(stage, url)
      await child.says("ready")
      await stage.here.publish(Noted, { n: 1, key: "k", text: "slow" })
      await child.says("1")
      child.sleep()
      await stage.publish(2, 8, (n) => (n % 2 === 0 ? "k" : `other${n}`))
      const { got } = await stage.collect(stage.there, { group: "a" })
      await until("the other has what it had", () => [1, 2, 4, 6, 8].every((n) => numbersOf(got).includes(n)))
      child.wake()
      await stage.publish(9, 16, (n) => (n % 2 === 0 ? "k" : `other${n}`))
      const handled = () => new Set([...child.numbers(), ...numbersOf(got)])
      await until("all are handled", () => handled().size === 16)
      const ofKey = firsts(got).filter((n) => n === 1 || n % 2 === 0)
      expect(ofKey).toEqual(sorted(ofKey))
      child.kill()
    },
    TIMEOUT_MS,
  )
  on(
    "buries what kills every process that handles it, and nothing else",
    async (stage) => {
      const settings = { group: "a", attempts: 3 }
      // The group is there before the event is.
      await (
        await stage.subscribe(
          stage.here,
          settings,
          handler(Noted, () => 0),
        )
      ).stop()
      await stage.here.publish(Noted, { n: 1, key: "k", text: "kill" })
      await stage.publish(2, 5, () => "k")
      for (let deaths = 1; deaths <= 3; deaths++) {
        const child = startMember(stage, url)
        await until("it is dead", async () => {
          const letters = await stage.here.deadLetters("a").list()
          return child.isOver() || letters.length > 0
        })
        if (!child.isOver()) {
          child.kill()
          break
        }
      }
      const { got } = await stage.collect(stage.there, settings)
      await until("the others are handled", () => numbersOf(got).includes(5))
      expect(sorted(firsts(got))).toEqual(range(2, 5))
      const letters = await stage.here.deadLetters("a").list()
      expect(letters).toMatchObject([
        { event: { data: { n: 1 } }, reason: expect.stringContaining("EVENTS_EVENT_DEAD") },
      ])
    },
    TIMEOUT_MS,
  )
}

interface Member {
  says(line: string): Promise<void>
  numbers(): readonly number[]
  isOver(): boolean
  sleep(): void
  wake(): void
  kill(): void
}

function startMember(stage: BusStage, url: string): Member {
  const { onError: _told, ...plain } = stage.options
  const program = join(import.meta.dir, "..", "consume-process.ts")
  const child = Bun.spawn([process.execPath, program, url, JSON.stringify(plain), "a"], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  })
  let text = ""
  void (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of child.stdout) text += decoder.decode(chunk, { stream: true })
  })()
  stage.onEnd(() => child.kill("SIGKILL"))
  return {
    says: (line) => until(`the process says ${line}`, () => text.split("\n").includes(line)),
    numbers: () =>
      text
        .split("\n")
        .filter((line) => /^\d+$/.test(line))
        .map(Number),
    isOver: () => child.exitCode !== null || child.signalCode !== null,
    sleep: () => child.kill("SIGSTOP"),
    wake: () => child.kill("SIGCONT"),
    kill: () => child.kill("SIGKILL"),
  }
}
