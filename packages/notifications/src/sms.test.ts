import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { createContainer } from "@ashlar/core"
import { type RecordingServer, startRecordingServer } from "@ashlar/mail/testing/recording-server"
import { countSegments, defineSms, openSms } from "./index.ts"

let server: RecordingServer
beforeAll(async () => {
  server = await startRecordingServer()
})
afterAll(() => server.close())
beforeEach(() => {
  server.seen.length = 0
  server.answers.length = 0
})
const to = "+491701234567"
const url = (more: string): string => `twilio://AC123:hidden%2F1@/?endpoint=${encodeURIComponent(server.url)}${more}`

describe("a text message", () => {
  test("is counted as it is paid", () => {
    const rows: [string, number][] = [
      ["x", 1],
      ["x".repeat(160), 1],
      ["x".repeat(161), 2],
      ["x".repeat(306), 2],
      ["x".repeat(307), 3],
      ["€".repeat(80), 1],
      ["€".repeat(81), 2],
      ["ä".repeat(160), 1],
      ["ç", 1],
      ["漢".repeat(70), 1],
      ["漢".repeat(71), 2],
      ["😀".repeat(35), 1],
      ["😀".repeat(36), 2],
      [`${"x".repeat(70)}漢`, 2],
    ]
    for (const [text, segments] of rows) expect([text, countSegments(text)]).toEqual([text, segments])
  })
  test.each([
    "",
    "0170123",
    "+",
    "+0170123456",
    "+49 170 1234567",
    "+4917012345678901",
    "+49170",
    "+491701234567\n",
    "+49170123456x",
    "１２３",
  ])("to %p is refused", async (number) => {
    await expect(openSms("memory:").send({ to: number, text: "x" })).rejects.toMatchObject({
      code: "NOTIFICATIONS_SMS_INVALID",
    })
  })
  test("is bounded in length, country, and number", async () => {
    const sms = openSms("memory:", {
      countries: ["+49"],
      maxSegments: 2,
      perNumber: { messages: 2, window: "1h" },
      total: { segments: 4, window: "1h" },
    })
    for (const text of ["", "  ", "x".repeat(307), "\ud800"])
      await expect(sms.send({ to, text })).rejects.toMatchObject({ code: "NOTIFICATIONS_SMS_INVALID" })
    await expect(sms.send({ to: "+4312345678", text: "x" })).rejects.toMatchObject({
      code: "NOTIFICATIONS_SMS_COUNTRY_REFUSED",
    })
    await sms.send({ to, text: "1" })
    await sms.send({ to, text: "2" })
    await expect(sms.send({ to, text: "3" })).rejects.toMatchObject({
      code: "NOTIFICATIONS_SMS_LIMIT_EXCEEDED",
      status: 429,
      details: { limit: "number" },
    })
    await sms.send({ to: "+491709999999", text: "x".repeat(200) })
    await expect(sms.send({ to: "+491708888888", text: "x" })).rejects.toMatchObject({ details: { limit: "total" } })
    expect(sms.outbox!.map(({ segments }) => segments)).toEqual([2, 1, 1])
    await sms.close()
    await expect(sms.send({ to, text: "x" })).rejects.toMatchObject({ code: "NOTIFICATIONS_CLOSED" })
  })
})

describe("Twilio", () => {
  test("is asked as its documents say", async () => {
    server.answers.push({ status: 201, body: '{"sid":"SM1","status":"queued","num_segments":"1"}' })
    expect(await openSms(url("&from=%2B15550001111")).send({ to, text: "Grüße & more" })).toEqual({
      id: "SM1",
      segments: 1,
    })
    const [{ method, path, headers, body }] = server.seen as [RecordingServer["seen"][number]]
    expect([method, path, headers["content-type"]?.split(";")[0]]).toEqual([
      "POST",
      "/2010-04-01/Accounts/AC123/Messages.json",
      "application/x-www-form-urlencoded",
    ])
    expect(Buffer.from(headers.authorization!.slice(6), "base64").toString()).toBe("AC123:hidden/1")
    expect([...new URLSearchParams(body.toString())]).toEqual([
      ["To", to],
      ["Body", "Grüße & more"],
      ["From", "+15550001111"],
    ])
    await openSms(url("&service=MG1")).send({ to, text: "x" })
    expect(new URLSearchParams(server.seen[1]!.body.toString()).get("MessagingServiceSid")).toBe("MG1")
  })
  test("is asked once, and what it says is told apart", async () => {
    const sms = openSms(url("&service=MG1"))
    server.answers.push({ status: 400, body: `{"code":21211,"message":"${to} is not valid"}` })
    const failure = (await sms.send({ to, text: "x" }).catch((error: unknown) => error)) as Error
    expect(failure).toMatchObject({ code: "NOTIFICATIONS_SMS_REJECTED", details: { status: 400, providerCode: 21211 } })
    expect(failure.message + JSON.stringify(failure)).not.toMatch(/hidden|\+49/)
    for (const answer of [{ status: 429 }, { status: 503 }]) {
      server.answers.push(answer)
      await expect(sms.send({ to, text: "x" })).rejects.toMatchObject({ code: "NOTIFICATIONS_SMS_UNAVAILABLE" })
    }
    expect(server.seen.length).toBe(3)
  })
  test("has a URL that reads", async () => {
    for (const bad of [
      "twilio://AC1:hidden@/",
      "twilio://AC1:hidden@/?from=%2B15550001111&service=MG1",
      "twilio://X:hidden@/?service=MG1",
      "twilio://AC1:hidden@host/?service=MG1",
      "memory:x",
    ]) {
      const failure = (await openSms(bad)
        .ready()
        .catch((error: unknown) => error)) as { code: string; message: string }
      expect([bad, failure.code, failure.message.includes("hidden")]).toEqual([bad, "CORE_DRIVER_URL_INVALID", false])
    }
    for (const options of [{ maxSegments: 0 }, { countries: ["49"] }])
      expect(() => openSms("memory:", options)).toThrow(
        expect.objectContaining({ code: "NOTIFICATIONS_OPTION_INVALID" }),
      )
    expect(() => openSms("log:", { needs: { delivers: true } })).toThrow("twilio:")
  })
})

test("SMS is a service of an app", async () => {
  const container = createContainer()
  const sms = await container.get(defineSms(() => "memory:"))
  expect((await sms.send({ to, text: "x" })).segments).toBe(1)
  await container.close()
})
