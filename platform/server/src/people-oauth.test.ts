import { expect, test } from "bun:test"
import { addApp } from "./testing/authenticator.ts"
import {
  bearer,
  begin,
  cookiesOf,
  describePeople,
  enter,
  fakes,
  newPerson,
  person,
  post,
  reason,
  SECRET,
  stage,
  told,
  trailOf,
  visit,
} from "./testing/people-stage.ts"

/** People who come in over other providers, and what is tried with that. */

describePeople("signing in by a provider", () => {
  test("is offered by name, and links where both sides have confirmed the address", async () => {
    const { body: ways } = await stage().call("anonymous", "GET", "/v1/auth/ways")
    expect(ways).toEqual({
      mail: true,
      providers: [
        { name: "google", label: "Google", kind: "google" },
        { name: "staff", label: "Staff", kind: "oidc" },
      ],
    })
    const who = await person(true)
    const there = newPerson({ email: who.email })
    expect((await enter("google", there)).body.session.user.id).toBe(who.id)
    // From then on the pair of issuer and subject is the person, whatever their address is.
    expect((await enter("google", { ...there, email: "moved@example.org" })).body.session.user.id).toBe(who.id)
    expect((await trailOf(who))[0]).toEqual([
      "account.identity.link",
      { provider: "google", issuer: "https://accounts.google.com", subject: there.subject },
    ])
  })

  test("links no address that either side has not confirmed", async () => {
    const [confirmed, unconfirmed] = [await person(true), await person(false)]
    const there = newPerson({ email: confirmed.email, emailVerified: false })
    expect(reason(await enter("google", there))).toBe("409 IDENTITY_LINK_REFUSED unverified-identity")
    const here = newPerson({ email: unconfirmed.email })
    expect(reason(await enter("google", here))).toBe("409 IDENTITY_LINK_REFUSED unverified-account")
  })

  test("makes no account, but of confirmed addresses of a domain that the operator named", async () => {
    const closed = "403 IDENTITY_SIGNUPS_CLOSED"
    expect(told(await enter("google", newPerson({ email: "new@staff.example" })))).toBe(closed)
    for (const [email, emailVerified] of [
      ["new@example.org", true],
      ["new@sub.staff.example", true],
      ["new@evilstaff.example", true],
      ["new@staff.example", false],
    ] as const)
      expect([email, told(await enter("staff", newPerson({ email, emailVerified })))]).toEqual([email, closed])
    const there = newPerson({ email: "new@staff.example" })
    const { session } = (await enter("staff", there)).body
    expect(session.user).toMatchObject({ email: "new@staff.example", emailVerified: true, administrator: false })
    expect((await enter("staff", there)).body.session.user.id).toBe(session.user.id)
    const orgs = await stage().call("anonymous", "GET", "/v1/orgs", undefined, bearer(session.accessToken))
    expect(orgs.body.items).toHaveLength(1)
  })

  test("asks for the second factor where there is one", async () => {
    const who = await person(true)
    const { code } = await addApp(stage(), who.token)
    const first = await enter("google", newPerson({ email: who.email }))
    expect(told(first)).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
    const identities = async () =>
      (await stage().call("anonymous", "GET", "/v1/auth/identities", undefined, bearer(who.token))).body.items.length
    // The address alone links nothing before the factor is shown.
    expect(await identities()).toBe(0)
    expect(told(await post("signin/factor", { ticket: first.body.details.ticket, code: code(1) }))).toBe("200")
    expect(await identities()).toBe(1)
  })
})

describePeople("what is tried with a provider", () => {
  test("signs nobody in by what another browser began, at another provider, or twice", async () => {
    const [attacker, victim] = [await begin("google"), await begin("google")]
    const ticket = await visit(attacker, newPerson(), "google")
    const other = { ticket, transaction: victim.transaction }
    expect(told(await post("callback", other))).toBe("400 OAUTH_STATE_INVALID")
    const begun = await begin("google")
    const { parameters } = await fakes.google.signIn(begun.url, newPerson())
    const mixed = await stage().call("anonymous", "GET", `/v1/auth/sign-in/staff/callback?${parameters}`)
    expect(told(mixed)).toBe("400 OAUTH_STATE_INVALID")
    const who = await person(true)
    const once = await begin("google")
    const shown = {
      ticket: await visit(once, newPerson({ email: who.email }), "google"),
      transaction: once.transaction,
    }
    const said = await Promise.all(Array.from({ length: 4 }, () => post("callback", shown)))
    expect(said.map(told).toSorted()).toEqual(["200", ...Array(3).fill("400 OAUTH_STATE_INVALID")])
  })

  test("tells no secret of the install at a provider, and logs none", async () => {
    const { body } = await stage().call("owner", "GET", "/v1/auth/ways")
    expect(JSON.stringify(body) + JSON.stringify(stage().log)).not.toContain(SECRET)
  })

  test("keeps what the browser needs in a cookie, where it is one", async () => {
    const who = await person(true)
    const begun = await post("authorize", { provider: "google", cookie: true })
    expect(begun.body.transaction).toBeNull()
    const ticket = await visit(begun.body, newPerson({ email: who.email }), "google")
    const done = await post("callback", { ticket, cookie: true }, { cookie: cookiesOf(begun) })
    expect([done.status, done.body.session.refreshToken]).toEqual([200, null])
    expect(done.headers.getSetCookie().some((line) => line.startsWith("ashlar_refresh=rt_"))).toBe(true)
  })

  test("is connected by who is signed in, whatever their addresses are, and disconnected by them", async () => {
    const [who, other] = [await person(false), await person(false)]
    const there = newPerson()
    const begun = await begin("google", { connect: true }, bearer(who.token))
    const shown = { ticket: await visit(begun, there, "google"), transaction: begun.transaction }
    // What one began no other one finishes.
    expect(told(await post("callback", shown, bearer(other.token)))).toBe("400 OAUTH_STATE_INVALID")
    const again = await begin("google", { connect: true }, bearer(who.token))
    const ticket = await visit(again, there, "google")
    const done = await post("callback", { ticket, transaction: again.transaction }, bearer(who.token))
    expect([done.status, done.body]).toEqual([200, { session: null }])
    expect((await enter("google", there)).body.session.user.id).toBe(who.id)
    const third = await begin("google", { connect: true }, bearer(other.token))
    const taken = { ticket: await visit(third, there, "google"), transaction: third.transaction }
    expect(reason(await post("callback", taken, bearer(other.token)))).toBe(
      "409 IDENTITY_LINK_REFUSED linked-elsewhere",
    )
    const list = await stage().call("anonymous", "GET", "/v1/auth/identities", undefined, bearer(who.token))
    const [{ id }] = list.body.items
    const remove = (token: string) =>
      stage().call("anonymous", "DELETE", `/v1/auth/identities/${id}`, undefined, bearer(token))
    expect(told(await remove(other.token))).toBe("404 IDENTITY_IDENTITY_NOT_FOUND")
    expect(told(await remove(who.token))).toBe("204")
    expect(told(await enter("google", there))).toBe("403 IDENTITY_SIGNUPS_CLOSED")
    expect((await trailOf(who)).slice(0, 2).map(([action]) => action)).toEqual([
      ...["account.identity.unlink", "account.identity.link"],
    ])
  })
})
