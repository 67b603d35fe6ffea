import type { BaseContext } from "@ashlar/http"
import { currentPerson } from "../authorize/authorize.ts"
import { NO_CLAIMS } from "../authorize/requested-claims.ts"
import { pageAnswer } from "../pages/page-answer.ts"
import type { DevicePage } from "../pages/pages.ts"
import type { Parts } from "../parts.ts"
import type { Person } from "../people.ts"
import type { Kept } from "../store/records.ts"
import { grantOf } from "../tokens/grants.ts"
import { browserOf, requireSameBrowser } from "../wire/browser.ts"
import { formOf, queryOf } from "../wire/parameters.ts"
import { type DeviceRecord, Devices, normalUserCode, userCodeId } from "./device-records.ts"

interface Asked {
  readonly browser: string
  readonly sub: string
  /** Of the device that the person found. */
  readonly deviceId?: string
}

/** Tries of codes that no device waits with. A person mistypes now and then; 34 bits are not found so. */
const TRIES = { person: { limit: 10, window: "10m" }, address: { limit: 30, window: "10m" } } as const

/** `GET /oauth/device`: where a person types what the device shows. */
export async function showDevice(parts: Parts, ctx: BaseContext): Promise<unknown> {
  const query = queryOf(ctx)
  const userCode = normalUserCode(query.get("user_code") ?? "")
  const person = await currentPerson(parts, ctx)
  if (person === undefined)
    return await parts.people.signIn(ctx, {
      returnTo: `${parts.settings.prefix}/oauth/device${userCode === undefined ? "" : `?user_code=${userCode}`}`,
      reason: "nobody",
      clientName: null,
      acrValues: [],
    })
  return await askCode(parts, ctx, person, { userCode, problem: undefined })
}

async function askCode(
  parts: Parts,
  ctx: BaseContext,
  person: Person,
  page: Pick<DevicePage, "userCode" | "problem">,
): Promise<unknown> {
  const { settings, transactions, pages } = parts
  const data: Asked = { browser: browserOf(ctx, settings), sub: person.id }
  const fields = { transaction: await transactions.seal("device", data, settings.lifetimes.interactionSeconds) }
  const status = page.problem === undefined ? 200 : page.problem === "limited" ? 429 : 400
  return pageAnswer(ctx, pages.device({ form: { action: settings.endpoints.device, fields }, ...page }), { status })
}

/** `POST /oauth/device`: finds the device of a code, and asks the person about it; or takes what they decided. */
export async function decideDevice(parts: Parts, ctx: BaseContext): Promise<unknown> {
  const form = await formOf(ctx)
  const { settings, transactions } = parts
  const sealed = form.get("transaction")
  const confirmed = await transactions.open<Asked>("device-consent", sealed)
  const asked = confirmed ?? (await transactions.require<Asked>("device", sealed))
  requireSameBrowser(ctx, settings, asked.browser)
  const person = await currentPerson(parts, ctx)
  if (person?.id !== asked.sub) return ctx.redirect(`${settings.prefix}/oauth/device`, 303)
  if (confirmed?.deviceId !== undefined)
    return await decide(parts, ctx, {
      person,
      deviceId: confirmed.deviceId,
      isAllowed: form.get("decision") === "allow",
    })
  const userCode = normalUserCode(form.get("user_code") ?? "")
  if (!(await mayTry(parts, ctx, person))) return await askCode(parts, ctx, person, { userCode, problem: "limited" })
  const device = userCode === undefined ? undefined : await findDevice(parts, userCode)
  if (device === undefined) return await askCode(parts, ctx, person, { userCode, problem: "unknown" })
  return await askConsent(parts, ctx, person, device)
}

async function mayTry({ limits }: Parts, ctx: BaseContext, person: Person): Promise<boolean> {
  const byPerson = await limits.slidingWindow("oauth-device-person", TRIES.person).take(person.id)
  const byAddress = await limits.slidingWindow("oauth-device-address", TRIES.address).take(ctx.address ?? "unknown")
  return byPerson.allowed && byAddress.allowed
}

async function findDevice(parts: Parts, userCode: string): Promise<Kept<DeviceRecord> | undefined> {
  const { devices, userCodes } = new Devices(parts.store)
  const id = (await userCodes.get(userCodeId(userCode)))?.value
  const device = id === undefined ? undefined : await devices.get(id)
  const isWaiting = device?.value.state === "waiting" && device.value.untilMs > parts.now()
  return isWaiting ? device : undefined
}

async function askConsent(
  parts: Parts,
  ctx: BaseContext,
  person: Person,
  device: Kept<DeviceRecord>,
): Promise<unknown> {
  const { settings, transactions, pages } = parts
  const { value } = device
  const data: Asked = { browser: browserOf(ctx, settings), sub: person.id, deviceId: device.id }
  const client = await parts.clients.get(value.clientId)
  const page = pages.consent({
    form: {
      action: settings.endpoints.device,
      fields: { transaction: await transactions.seal("device-consent", data, settings.lifetimes.deviceCodeSeconds) },
    },
    clientName: client?.name ?? value.clientId,
    goesTo: undefined,
    scopes: parts.describeScopes(value.scopes),
    resources: value.resources,
    personName: await parts.nameOf(person),
    userCode: value.userCode,
  })
  return pageAnswer(ctx, page)
}

async function decide(
  parts: Parts,
  ctx: BaseContext,
  { person, deviceId, isAllowed }: { readonly person: Person; readonly deviceId: string; readonly isAllowed: boolean },
): Promise<unknown> {
  const { devices, userCodes } = new Devices(parts.store)
  // The device may ask at the same moment, which changes its record too.
  for (let attempt = 0; attempt < 5; attempt++) {
    const kept = await devices.get(deviceId)
    if (kept === undefined || kept.value.state !== "waiting" || kept.value.untilMs <= parts.now()) break
    const { clientId, scopes, resources, userCode, untilMs } = kept.value
    const grant = grantOf(person, { clientId, scopes, resources, nonce: null, claims: NO_CLAIMS }, parts.now())
    const next = { ...kept.value, ...(isAllowed ? { state: "allowed" as const, grant } : { state: "denied" as const }) }
    if (!(await devices.change(kept, next, untilMs + 60_000))) continue
    await userCodes.remove(userCodeId(userCode))
    return pageAnswer(
      ctx,
      parts.pages.message({ kind: isAllowed ? "device-allowed" : "device-denied", detail: undefined }),
    )
  }
  return await askCode(parts, ctx, person, { userCode: undefined, problem: "unknown" })
}
