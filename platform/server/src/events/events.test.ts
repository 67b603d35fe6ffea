import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findServer } from "@ashlar/cache/testing/servers"
import { controlFeature, openControl } from "@ashlar/control"
import { systemClock, uuidv7 } from "@ashlar/core"
import { type CloudEvent, on, openBus } from "@ashlar/events"
import { dropRedisKeys, dropStreams } from "@ashlar/events/testing/drop-buses"
import { type Feature, openSqlite } from "@ashlar/sqlite"
import { createLog } from "../log.ts"
import { raiseStage, type Stage } from "../testing/cast.ts"
import { type EventRelay, eventsFeature, startEventRelay, tellOfCalls } from "./event-relay.ts"
import { BUS_NAME, type PlatformChange, platformEvents } from "./platform-events.ts"

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (await isSo()) return
    await Bun.sleep(20)
  }
  throw new RangeError(`it did not come to be: ${what}`)
}

const stages: Stage[] = []
afterAll(async () => {
  for (const stage of stages) await stage.close()
})

test("every action of the audit trail is the event of a type, and every type of an action", () => {
  const sources = ["../../../control/src", "../../../functions/src", ".."].flatMap((folder) =>
    readdirSync(join(import.meta.dir, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.includes(".test"))
      .map((name) => readFileSync(join(import.meta.dir, folder, name), "utf8")),
  )
  const actions = new Set(
    sources.flatMap((text) => [...text.matchAll(/action: "([a-z]+(?:\.[a-z-]+)+)"/g)].map(([, action]) => action!)),
  )
  const told = readFileSync(join(import.meta.dir, "platform-events.ts"), "utf8")
  const known = [...told.matchAll(/^ {2}"([a-z]+(?:\.[a-z-]+)+)": "ashlar\./gm)].map(([, action]) => action!)
  expect([...actions].toSorted()).toEqual(known.toSorted())
  const guide = readFileSync(join(import.meta.dir, "../../../../docs/guides/running.md"), "utf8")
  for (const type of platformEvents.keys()) expect(guide).toContain(`\`${type}\``)
})

test("changes are told in their order as CloudEvents that fit their schemas, with no secret in them", async () => {
  const stage = await raiseStage()
  stages.push(stage)
  const events: CloudEvent<PlatformChange>[] = []
  await stage.server.platform.bus.subscribe(
    { from: "beginning" },
    on("ashlar.**", (_data, { envelope }) => void events.push(envelope as CloudEvent<PlatformChange>)),
  )
  const key = await stage.call("owner", "POST", "/v1/projects/walls/keys", { kind: "secret", name: "extra" })
  const rotated = await stage.call("owner", "POST", `/v1/projects/walls/keys/${key.body.key.id}/rotate`)
  await until("the rotation is told", () => events.some(({ type }) => type === "ashlar.key.rotated"))
  const types = events.map(({ type }) => type)
  for (const type of [
    "ashlar.project.created",
    "ashlar.member.invited",
    "ashlar.member.accepted",
    "ashlar.key.created",
  ])
    expect(types).toContain(type)
  const { id, slug } = (await stage.call("owner", "GET", "/v1/projects/walls")).body
  const mine = events.filter(({ partitionkey }) => partitionkey === id)
  expect(mine[0]).toMatchObject({
    ...{ specversion: "1.0", type: "ashlar.project.created", subject: `projects/${id}` },
    source: expect.stringMatching(/^\/ashlar\/[0-9a-f]{16}$/),
    data: { projectId: id, target: slug, actor: { kind: "user", label: "owner@example.com" } },
  })
  const audit = (await stage.call("owner", "GET", "/v1/projects/walls/audit?limit=100")).body.items as { id: string }[]
  expect(mine.map((event) => event.id)).toEqual(audit.map((entry) => entry.id).toReversed())
  for (const event of events) {
    const checked = await platformEvents.get(event.type)!.schema["~standard"].validate(event.data)
    expect(checked.issues).toBeUndefined()
  }
  const all = JSON.stringify(events)
  for (const secret of [key.body.secret, rotated.body.secret, ...Object.values(stage.credentials)])
    expect(all).not.toContain(secret.slice(-16))
}, 60_000)

test("what happens in an organization is told as its own events, and to nobody as a project's", async () => {
  const stage = await raiseStage()
  stages.push(stage)
  const events: CloudEvent<PlatformChange>[] = []
  await stage.server.platform.bus.subscribe(
    { from: "beginning" },
    on("ashlar.**", (_data, { envelope }) => void events.push(envelope as CloudEvent<PlatformChange>)),
  )
  const { id } = (await stage.call("owner", "POST", "/v1/orgs", { name: "Quarry" })).body
  const Q = `/v1/orgs/${id}`
  const ask = { email: "viewer@example.com", role: "member" }
  await stage.call("owner", "POST", `${Q}/invites`, { email: "nobody@example.com", role: "viewer" })
  const { token } = (await stage.call("owner", "POST", `${Q}/invites`, ask)).body
  await stage.call("viewer", "POST", "/v1/orgs/join", { token })
  const { id: userId } = (await stage.call("viewer", "GET", "/v1/auth/me")).body
  await stage.call("owner", "PATCH", `${Q}/members/${userId}`, { role: "admin" })
  await stage.call("owner", "POST", "/v1/projects/walls/transfer", { organization: id })
  await stage.call("owner", "POST", `${Q}/hand-over`, { userId })
  const { id: ownId } = (await stage.call("owner", "GET", "/v1/auth/me")).body
  await stage.call("viewer", "DELETE", `${Q}/members/${ownId}`)
  await until("the removal is told", () => events.some(({ type }) => type.endsWith("member.removed")))
  const mine = events.filter(({ partitionkey }) => partitionkey === id)
  expect(mine.map(({ type }) => type)).toEqual([
    "ashlar.organization.created",
    "ashlar.organization-member.invited",
    "ashlar.organization-member.invited",
    "ashlar.organization-member.joined",
    "ashlar.organization-member.updated",
    "ashlar.organization-project.transferred",
    "ashlar.organization.handed-over",
    "ashlar.organization-member.removed",
  ])
  expect(mine[6]).toMatchObject({
    subject: `organizations/${id}`,
    data: { organizationId: id, target: "viewer@example.com", actor: { label: "owner@example.com" } },
  })
  for (const event of events) {
    expect((await platformEvents.get(event.type)!.schema["~standard"].validate(event.data)).issues).toBeUndefined()
  }
  expect(JSON.stringify(events)).not.toContain(token)
}, 60_000)

describe("the relay", () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-events-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const owner = { kind: "user", id: "u1", email: "olga@example.com" } as const

  async function openTrail(path: string, features: readonly Feature[]) {
    const engine = openSqlite()
    const file = await engine.open(path, { kind: "system", features })
    let relay: EventRelay | undefined
    const people = {
      find: () => undefined,
      findByEmail: () => undefined,
      prepareInvite: () => {
        throw new RangeError("nobody is invited here")
      },
      withdrawInvite: "",
    }
    const control = openControl({
      ...{ file: tellOfCalls(file, () => relay?.wake()), clock: systemClock, ids: uuidv7, people },
      ...{ cursorKey: new Uint8Array(32), storage: { create: async () => undefined, remove: async () => undefined } },
    })
    const sent: string[] = []
    const log: string[] = []
    const bus = {
      isFailing: false,
      async send(events: readonly CloudEvent[]): Promise<void> {
        if (bus.isFailing) throw new RangeError("the bus is away")
        sent.push(...events.map(({ type, data }) => `${type} ${(data as PlatformChange).target}`))
      },
    }
    const start = (): EventRelay => {
      // Polls so seldom that what comes in time came for it was woken.
      const options = { audit: control.audit, installId: "i", log: createLog((line) => void log.push(line)) }
      relay = startEventRelay({ ...options, file, bus, pollMs: 3_600_000 })
      return relay
    }
    return { engine, control, bus, sent, log, start }
  }

  test("tells what was committed and nothing else, after a bus that failed, and goes on where it was", async () => {
    const path = join(folder, "one.db")
    const old = await openTrail(path, [controlFeature])
    await old.control.organizations.openPersonal([owner.id])
    await old.control.projects.create(owner, { name: "History" })
    await old.engine.close()

    const { engine, control, bus, sent, log, start } = await openTrail(path, [controlFeature, eventsFeature])
    bus.isFailing = true
    const first = start()
    await control.projects.create(owner, { name: "One" })
    const taken = await control.projects.create(owner, { name: "Again", slug: "one" }).catch((error) => error.code)
    expect(taken).toBe("CONTROL_SLUG_TAKEN")
    await until("it failed more than once", () => log.length > 0)
    await control.projects.create(owner, { name: "Two" })
    expect(sent).toEqual([])
    bus.isFailing = false
    await until("both are told", () => sent.length === 2)
    expect(sent).toEqual(["ashlar.project.created one", "ashlar.project.created two"])
    expect(log.filter((line) => line.includes("cannot be told"))).toHaveLength(1)
    await until("it said that all is well", () => log.some((line) => line.includes("told again")))
    await first.stop(1_000)

    await control.projects.create(owner, { name: "Three" })
    const second = start()
    await until("the third is told", () => sent.length === 3)
    await control.projects.create(owner, { name: "Four" })
    await until("the fourth is told", () => sent.length === 4)
    await second.stop(1_000)
    expect(sent.slice(2)).toEqual(["ashlar.project.created three", "ashlar.project.created four"])
    await engine.close()
  }, 60_000)
})

for (const [name, urlOf] of [
  ["Redis", (port: number, prefix: string) => `redis://127.0.0.1:${port}?prefix=${prefix}`],
  ["NATS", (port: number, prefix: string) => `nats://127.0.0.1:${port}?prefix=${prefix}`],
] as const) {
  const port = await findServer(name)
  test.skipIf(port === undefined)(
    `another process hears of changes through ${name}`,
    async () => {
      const prefix = `plat-${crypto.randomUUID().slice(0, 8)}`
      const url = urlOf(port!, prefix)
      const stage = await raiseStage({ bus: url })
      stages.push(stage)
      const outside = openBus(url, { name: BUS_NAME })
      const heard: string[] = []
      await outside.subscribe(
        { group: "billing", from: "beginning" },
        on("ashlar.project.*", (data) => void heard.push((data as PlatformChange).target)),
      )
      await stage.call("owner", "POST", "/v1/projects", { name: "Heard Of" })
      // Events of one project keep their order; those of others are handled beside them.
      await until("all are heard of", () => heard.length >= 3)
      expect(heard.toSorted()).toEqual(["heard-of", "other", "walls"])
      const health = await (await fetch(`${stage.server.url}/health/ready`)).json()
      expect(health).toMatchObject({ checks: { bus: { status: "ok", detail: name.toLowerCase() } } })
      await outside.forgetGroup("billing").catch(() => undefined)
      await outside.close()
      await (name === "Redis" ? dropRedisKeys(port!, `${prefix}*`) : dropStreams(port!, prefix))
    },
    60_000,
  )
}
