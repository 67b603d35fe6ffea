import { expect } from "bun:test"
import { expectRefusal, type Scenario, unique } from "../conduit.ts"

const BLANK = ["can't be blank"]

export const accounts: readonly Scenario[] = [
  {
    name: "who registers is answered with the account and a token, and can sign in",
    async run(conduit) {
      const username = unique("ana")
      const user = { username, email: `${username}@example.com`, password: "correct horse" }
      const registered = await conduit.post("/users", undefined, { user: { ...user, admin: true }, other: 1 })
      expect(registered.status).toBe(201)
      expect(registered.body).toEqual({
        user: {
          username,
          email: user.email,
          bio: null,
          image: null,
          token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        },
      })
      const signedIn = await conduit.post("/users/login", undefined, {
        user: { email: user.email, password: user.password },
      })
      expect(signedIn.status).toBe(200)
      expect({ ...signedIn.body.user, token: "" }).toEqual({ ...registered.body.user, token: "" })
      const token = signedIn.body.user.token
      const { status, body } = await conduit.send("GET", "/user", { token })
      expect([status, body]).toEqual([200, { user: { ...signedIn.body.user, token: expect.any(String) } }])
    },
  },
  {
    name: "what is missing or wrong in a registration is told field by field",
    async run(conduit) {
      const good = { username: unique("bo"), email: `${unique("bo")}@example.com`, password: "correct horse" }
      const rows: [unknown, object][] = [
        [{ user: { ...good, username: "" } }, { username: BLANK }],
        [{ user: { ...good, username: "   " } }, { username: BLANK }],
        [{ user: { ...good, email: "" } }, { email: BLANK }],
        [{ user: { ...good, email: "nobody" } }, { email: ["is invalid"] }],
        [{ user: { ...good, password: "" } }, { password: BLANK }],
        [{ user: { ...good, password: "short7c" } }, { password: ["is too short (at least 8 characters)"] }],
        [{ user: { ...good, password: "x".repeat(129) } }, { password: ["is too long (at most 128 characters)"] }],
        [{ user: { ...good, username: null } }, { username: BLANK }],
        [{ user: { ...good, username: 7 } }, { username: ["is not text"] }],
        [{ user: { ...good, username: "a\0b" } }, { username: ["is not text"] }],
        [{ user: { ...good, username: "\ud800" } }, { username: ["is not text"] }],
        [{ user: { ...good, username: "x".repeat(61) } }, { username: ["is too long (at most 60 characters)"] }],
        [{ user: {} }, { username: BLANK, email: BLANK, password: BLANK }],
        [{}, { user: BLANK }],
      ]
      for (const [body, errors] of rows) expectRefusal(await conduit.post("/users", undefined, body), 422, errors)
    },
  },
  {
    name: "what is no JSON is refused as wrong values are",
    async run(conduit) {
      for (const path of ["/users", "/users/login"])
        for (const body of ["{", "nul", '{"user":', "[1]", '"text"']) {
          const { status, body: told } = await conduit.send("POST", path, { body })
          expect([status, Object.keys(told)]).toEqual([422, ["errors"]])
        }
      expect((await conduit.post("/users")).status).toBe(422)
    },
  },
  {
    name: "a name and an address belong to one account: 409 says which is taken",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const other = { username: unique("eve"), email: `${unique("eve")}@example.com`, password: "correct horse" }
      const taken = ["has already been taken"]
      const register = (user: object) => conduit.post("/users", undefined, { user: { ...other, ...user } })
      expectRefusal(await register({ username: ana.username }), 409, { username: taken })
      expectRefusal(await register({ email: ana.email }), 409, { email: taken })
      expectRefusal(await register({ email: ana.email.toUpperCase() }), 409, { email: taken })
      const bo = await conduit.register("bo")
      expectRefusal(await conduit.put("/user", bo, { user: { username: ana.username } }), 409, { username: taken })
      expectRefusal(await conduit.put("/user", bo, { user: { email: ana.email } }), 409, { email: taken })
      expect((await conduit.put("/user", bo, { user: { email: bo.email, username: bo.username } })).status).toBe(200)
    },
  },
  {
    name: "of many who register one name at once, one gets it and the others 409",
    async run(conduit) {
      const username = unique("rush")
      const attempts = Array.from({ length: 8 }, (_, at) =>
        conduit.post("/users", undefined, {
          user: { username, email: `${at}.${username}@example.com`, password: "correct horse" },
        }),
      )
      const statuses = (await Promise.all(attempts)).map(({ status }) => status).sort()
      expect(statuses).toEqual([201, 409, 409, 409, 409, 409, 409, 409])
    },
  },
  {
    name: "names differ by their case and their accents, on every database",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const named = (username: string) =>
        conduit.post("/users", undefined, {
          user: { username, email: `${unique("a")}@example.com`, password: "correct horse" },
        })
      expect((await named(ana.username.replace("ana", "Ana"))).status).toBe(201)
      expect((await named(ana.username.replace("ana", "aná"))).status).toBe(201)
      expect((await conduit.get(`/profiles/${ana.username.replace("ana", "ANA")}`)).status).toBe(404)
    },
  },
  {
    name: "who signs in with what is wrong is not told what was",
    async run(conduit) {
      const { email, password } = await conduit.register("ana")
      const signIn = (user: object) => conduit.post("/users/login", undefined, { user })
      expectRefusal(await signIn({ email, password: "wrong" }), 401, { credentials: ["invalid"] })
      expectRefusal(await signIn({ email: `${unique("none")}@example.com`, password }), 401, {
        credentials: ["invalid"],
      })
      expectRefusal(await signIn({ email: "", password }), 422, { email: BLANK })
      expectRefusal(await signIn({ email, password: "" }), 422, { password: BLANK })
      expect((await signIn({ email: email.toUpperCase(), password })).status).toBe(200)
    },
  },
  {
    name: "an account changes by what is sent, and nothing else",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const change = async (user: object) => {
        const { status, body } = await conduit.put("/user", ana, { user })
        expect(status).toBe(200)
        const { token, ...kept } = (await conduit.get("/user", ana)).body.user
        expect({ ...kept, token: body.user.token }).toEqual(body.user)
        return kept
      }
      const { username, email } = ana
      expect(await change({ bio: "I cut stone" })).toEqual({ username, email, bio: "I cut stone", image: null })
      const image = "https://example.com/ana.jpg"
      expect(await change({ image })).toEqual({ username, email, bio: "I cut stone", image })
      expect(await change({ bio: "" })).toEqual({ username, email, bio: null, image })
      expect(await change({ bio: "again" })).toMatchObject({ bio: "again" })
      expect(await change({ bio: null, image: "" })).toEqual({ username, email, bio: null, image: null })
      const renamed = { username: unique("ana"), email: `${unique("ana")}@example.com` }
      expect(await change(renamed)).toEqual({ ...renamed, bio: null, image: null })
      expect((await conduit.get(`/profiles/${username}`)).status).toBe(404)
      expect(await change({ id: "x", token: "x", admin: true, bio: "same person" })).toMatchObject(renamed)
    },
  },
  {
    name: "a password is changed to one of 8 to 128 characters, and the old one is nobody's",
    async run(conduit) {
      const ana = await conduit.register("ana")
      for (const password of ["bonjour1", "a".repeat(64), " äöü 密码 ok "]) {
        expect((await conduit.put("/user", ana, { user: { password } })).status).toBe(200)
        const signIn = (password: string) =>
          conduit.post("/users/login", undefined, { user: { email: ana.email, password } })
        expect((await signIn(password)).status).toBe(200)
        expect((await signIn(ana.password)).status).toBe(401)
      }
    },
  },
  {
    name: "changes that no account can have are refused, and nothing of them is kept",
    async run(conduit) {
      const ana = await conduit.register("ana")
      const rows: [object, object][] = [
        [{ email: "" }, { email: BLANK }],
        [{ email: null }, { email: BLANK }],
        [{ email: "x" }, { email: ["is invalid"] }],
        [{ username: "" }, { username: BLANK }],
        [{ username: null }, { username: BLANK }],
        [{ password: "" }, { password: BLANK }],
        [{ password: "short7c" }, { password: ["is too short (at least 8 characters)"] }],
        [{ bio: 7 }, { bio: ["is not text"] }],
        [{}, { user: ["has nothing to change"] }],
      ]
      for (const [user, errors] of rows) expectRefusal(await conduit.put("/user", ana, { user }), 422, errors)
      for (const user of [{ password: null }, { bio: "not kept", email: "x" }])
        expect((await conduit.put("/user", ana, { user })).status).toBe(422)
      expect((await conduit.get("/user", ana)).body.user).toMatchObject({
        email: ana.email,
        username: ana.username,
        bio: null,
      })
    },
  },
]
