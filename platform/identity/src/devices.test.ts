import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Session } from "./sessions.ts"
import { ada, client, codeOf, type Install, openInstall, setUp } from "./testing/install.ts"

let install: Install
let session: Session
const program = { address: "198.51.100.9", userAgent: "ashlar/1 on build-7\u001b[31m" }
beforeAll(async () => {
  install = await openInstall()
  session = await setUp(install, ada)
})
afterAll(() => install.close())

const start = (): ReturnType<Install["identity"]["devices"]["start"]> => install.identity.devices.start(program)
const claim = (deviceCode: string): Promise<Session> => install.identity.devices.claim({ deviceCode, client: program })
const decide = (userCode: string, approve = true): Promise<void> =>
  install.identity.devices.decide({ userCode, approve, userId: session.user.id })

test("a program is let in by the person who confirms its code, once", async () => {
  const { deviceCode, userCode, expiresAt, intervalSeconds } = await start()
  expect(userCode).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/)
  expect([expiresAt, intervalSeconds]).toEqual(["2026-01-01T00:10:00.000Z", 5])
  expect(await codeOf(() => claim(deviceCode))).toBe("IDENTITY_DEVICE_PENDING")
  const facts = await install.identity.devices.look({ userCode: userCode.toLowerCase(), userId: session.user.id })
  expect(facts).toMatchObject({ userAgent: "ashlar/1 on build-7[31m", address: program.address })
  await decide(userCode.replace("-", " "))
  const answers = await Promise.allSettled([claim(deviceCode), claim(deviceCode), claim(deviceCode)])
  const [signedIn, ...others] = answers.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []))
  expect([signedIn!.user.id, others]).toEqual([session.user.id, []])
  expect((await install.identity.authenticate(signedIn!.accessToken)).user.email).toBe(ada.email)
  expect(await codeOf(() => claim(deviceCode))).toBe("IDENTITY_DEVICE_CODE_SPENT")
  expect(await codeOf(() => decide(userCode))).toBe("IDENTITY_DEVICE_CODE_SPENT")
})

test("a program that is refused is told so once", async () => {
  const { deviceCode, userCode } = await start()
  await decide(userCode, false)
  expect(await codeOf(() => decide(userCode))).toBe("IDENTITY_DEVICE_CODE_SPENT")
  expect(await codeOf(() => claim(deviceCode))).toBe("IDENTITY_DEVICE_DENIED")
  expect(await codeOf(() => claim(deviceCode))).toBe("IDENTITY_DEVICE_CODE_SPENT")
})

test("a program that asks too often, or too late, is told so", async () => {
  const { deviceCode, userCode } = await start()
  expect(await codeOf(() => claim(deviceCode))).toBe("IDENTITY_DEVICE_PENDING")
  expect(await codeOf(() => claim(deviceCode))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
  install.clock.advance(5_000)
  expect(await codeOf(() => claim(deviceCode))).toBe("IDENTITY_DEVICE_PENDING")
  install.clock.advance(10 * 60_000)
  expect(await codeOf(() => decide(userCode))).toBe("IDENTITY_DEVICE_CODE_SPENT")
  expect(await codeOf(() => claim(deviceCode))).toBe("IDENTITY_DEVICE_CODE_SPENT")
})

test("the code that people see is no way in, and the other one is in no file", async () => {
  const { deviceCode, userCode } = await start()
  await decide(userCode)
  for (const guess of [
    userCode,
    userCode.replace("-", ""),
    "",
    `${deviceCode}x`,
    deviceCode.toLowerCase(),
    "' OR 1=1",
  ]) {
    expect(await codeOf(() => claim(guess))).toBe("IDENTITY_DEVICE_CODE_SPENT")
  }
  expect((await install.databaseBytes()).includes(deviceCode)).toBe(false)
  expect((await claim(deviceCode)).user.id).toBe(session.user.id)
})

test("codes are not guessed for ever, neither by a person nor from one address", async () => {
  const { identity } = install
  const guess = (): Promise<unknown> => identity.devices.look({ userCode: "BBBB-BBBB", userId: "guesser" })
  for (let n = 0; n < 10; n++) expect(await codeOf(guess)).toBe("IDENTITY_DEVICE_CODE_SPENT")
  expect(await codeOf(guess)).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
  const flood = (): Promise<unknown> => identity.devices.start({ ...client, address: "203.0.113.99" })
  for (let n = 0; n < 100; n++) await flood()
  expect(await codeOf(flood)).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
})

test("a person who is gone by then lets nobody in", async () => {
  const { deviceCode, userCode } = await start()
  await install.identity.devices.decide({ userCode, approve: true, userId: "nobody" })
  expect(await codeOf(() => claim(deviceCode))).toBe("IDENTITY_DEVICE_CODE_SPENT")
})
