import { expect, test } from "bun:test"
import { addApp } from "./testing/authenticator.ts"
import type { Answer } from "./testing/cast.ts"
import {
  bearer,
  describePeople,
  password,
  person,
  post,
  type Somebody,
  stage,
  told,
  trailOf,
} from "./testing/people-stage.ts"

describePeople("a browser that is remembered", () => {
  const signIn = (email: string, cookie = ""): Promise<Answer> =>
    post("signin", { email, password, cookie: true }, cookie === "" ? {} : { cookie })
  async function remembered(who: Somebody, code: string): Promise<string> {
    const { body } = await signIn(who.email)
    const proof = { ticket: body.details.ticket, code, remember: true, cookie: true }
    const done = await post("signin/factor", proof, { "user-agent": "Mozilla/5.0 Firefox/140" })
    expect(done.headers.getSetCookie().join("\n")).toMatch(
      /ashlar_device=[^;]+; Path=\/v1\/auth; HttpOnly; SameSite=Strict; Max-Age=2591\d\d\d/,
    )
    return /ashlar_device=[^;]+/.exec(done.headers.getSetCookie().join("\n"))?.[0] ?? ""
  }

  test("asks its own person for no second factor, until they forget it", async () => {
    const [who, other] = [await person(false), await person(false)]
    const { code } = await addApp(stage(), who.token)
    await addApp(stage(), other.token)
    const cookie = await remembered(who, code(1))
    const again = await signIn(who.email, cookie)
    expect(told(again)).toBe("200")
    expect(told(await signIn(other.email, cookie))).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
    // It is no factor: what asks for a step-up asks.
    const renewed = await post("mfa/recovery-codes", {}, bearer(again.body.accessToken))
    expect(told(renewed)).toBe("401 AUTH_STEP_UP_REQUIRED")
    const at = "/v1/auth/mfa/devices"
    const { body } = await stage().call("anonymous", "GET", at, undefined, bearer(who.token))
    expect(body.items).toMatchObject([{ label: "Firefox" }])
    const forget = (token: string) =>
      stage().call("anonymous", "DELETE", `${at}/${body.items[0].id}`, undefined, bearer(token))
    expect(told(await forget(other.token))).toBe("404 AUTH_FACTOR_UNKNOWN")
    expect(told(await forget(who.token))).toBe("204")
    expect(told(await signIn(who.email, cookie))).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
    expect((await trailOf(who)).slice(0, 2).map(([action]) => action)).toEqual([
      ...["account.device.forget", "account.device.remember"],
    ])
  })

  test("is forgotten with the password", async () => {
    const who = await person(false)
    const { code } = await addApp(stage(), who.token)
    const cookie = await remembered(who, code(1))
    const next = "another phrase for it"
    expect(told(await post("password", { password: next }, bearer(who.token)))).toBe("204")
    const said = await post("signin", { email: who.email, password: next, cookie: true }, { cookie })
    expect(told(said)).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
  })
})
