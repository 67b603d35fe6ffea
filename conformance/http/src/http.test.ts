import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Case, Expectation, Group } from "./case.ts"
import { describeExchange } from "./client/exchange.ts"
import { differenceFor } from "./differences.ts"
import { groups } from "./groups.ts"
import { judge, stepsOf } from "./judge.ts"
import { bundleApp, listRuntimes, type Runtime } from "./runtimes.ts"
import { type Server, startServer } from "./server.ts"

/** One suite over every runtime: each case on each of them, all at once, a server of each for all groups. */

const folder = mkdtempSync(join(tmpdir(), "ashlar-conformance-"))
const candidates = listRuntimes(folder)
const servers = new Map<string, Server>()
const boots = new Map<string, string>()
/** How each process that died did so. A new one is in its place, so that one defect fails one group. */
const deaths = new Map<string, string[]>()
/** What became of the cases that started with the suite. */
const early = new Map<string, Promise<string | undefined>>()

beforeAll(async () => {
  await bundleApp(folder)
  const starting = candidates.flatMap(({ runtime }) => runtime ?? []).map(startServer)
  for (const server of await Promise.all(starting)) await keep(server)
  for (const group of groups.filter(({ slow }) => slow))
    for (const one of group.cases)
      for (const runtime of whereRun(group)) early.set(`${one.name} · ${runtime.name}`, outcome(group, one, runtime))
}, 60_000)
afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()))
  rmSync(folder, { recursive: true, force: true })
})

for (const { name, runtime } of candidates) {
  if (runtime !== undefined) continue
  if (process.env.CI === "true") test(`${name} is installed`, () => expect(runtime).toBeDefined())
  else console.warn(`skipped: the HTTP conformance suite on ${name}, which is not installed`)
}
const runtimes = candidates.flatMap(({ runtime }) => runtime ?? [])

const whereRun = (group: Group): readonly Runtime[] =>
  runtimes.filter(
    ({ groups: here, isSocketless }) => here.includes(group.about) && !(isSocketless && group.needsSockets),
  )

for (const group of groups) {
  describe.concurrent(group.name, () => {
    for (const one of group.cases)
      for (const runtime of whereRun(group)) {
        const name = `${one.name} · ${runtime.name}`
        test(name, () => expectNone(early.get(name) ?? outcome(group, one, runtime)), 60_000)
      }
  })
  describe(`after ${group.name}`, () => {
    for (const runtime of runtimes) test(`${runtime.name} lives`, () => expectAlive(runtime))
  })
}

async function keep(server: Server): Promise<void> {
  boots.set(server.runtime.name, await (await fetch(`${server.url}/boot`)).text())
  servers.set(server.runtime.name, server)
}

const restarting = new Map<string, Promise<void>>()
async function serverOf(runtime: Runtime): Promise<Server> {
  const dead = servers.get(runtime.name)!
  if (!dead.ended) return dead
  const again = async (): Promise<void> => {
    const died = deaths.get(runtime.name) ?? []
    deaths.set(runtime.name, [...died, `It ended:\n${dead.problems().slice(-2000)}`])
    await keep(await startServer(runtime))
    restarting.delete(runtime.name)
  }
  if (!restarting.has(runtime.name)) restarting.set(runtime.name, again())
  await restarting.get(runtime.name)
  return servers.get(runtime.name)!
}

async function expectNone(faults: Promise<string | undefined>): Promise<void> {
  const text = await faults
  if (text !== undefined) throw new Error(text)
}

/** What is wrong with how a runtime answers a case. */
async function outcome(group: Group, one: Case, runtime: Runtime): Promise<string | undefined> {
  const server = await serverOf(runtime)
  const difference = differenceFor(runtime.name, group.name, one.name)
  const faults = await faultsOf(one, difference?.instead ?? one.expect, server)
  if (faults !== undefined || difference === undefined) return faults
  const needless = (await faultsOf(one, one.expect, server)) === undefined
  return needless ? `${runtime.name} does what it should: take this case out of differences.ts` : undefined
}

async function faultsOf(one: Case, expected: Expectation, server: Server): Promise<string | undefined> {
  const { faults: found, exchange } = await judge(one, expected, server)
  const faults = server.ended ? [...found, "The process has ended"] : found
  return faults.length === 0 ? undefined : `${faults.join("\n")}\n${describeExchange(stepsOf(one), exchange)}`
}

/** What a server may hold after all that was thrown at it. */
const MOST_MEMORY_MB = 400

/** The process has not restarted, answers, and has not grown without end. */
async function expectAlive(runtime: Runtime): Promise<void> {
  const server = await serverOf(runtime)
  const died = deaths.get(runtime.name)
  deaths.delete(runtime.name)
  if (died !== undefined) throw new Error(died.join("\n"))
  expect(await (await fetch(`${server.url}/ok`)).text()).toBe("ok")
  expect(await (await fetch(`${server.url}/boot`)).text()).toBe(boots.get(runtime.name)!)
  expect(await (await fetch(`${server.url}/poison/report`)).json()).toEqual({
    polluted: null,
    inherited: null,
    names: [],
  })
  expect(server.memoryMb()).toBeLessThan(MOST_MEMORY_MB)
}
