import { expect } from "bun:test"
import { expectRefusal, type Scenario, unique } from "../conduit.ts"

export const profiles: readonly Scenario[] = [
  {
    name: "a profile is for everybody to see, and says whether who asks follows it",
    async run(conduit) {
      const [ana, bo] = [await conduit.register("ana"), await conduit.register("bo")]
      await conduit.put("/user", bo, { user: { bio: "I rest", image: "https://example.com/bo.png" } })
      const profile = { username: bo.username, bio: "I rest", image: "https://example.com/bo.png", following: false }
      const path = `/profiles/${bo.username}`
      for (const by of [undefined, ana, bo]) expect((await conduit.get(path, by)).body).toEqual({ profile })
      for (const _ of "twice") {
        const { status, body } = await conduit.post(`${path}/follow`, ana)
        expect([status, body]).toEqual([200, { profile: { ...profile, following: true } }])
      }
      expect((await conduit.get(path, ana)).body.profile.following).toBe(true)
      expect((await conduit.get(path, bo)).body.profile.following).toBe(false)
      expect((await conduit.get(path)).body.profile.following).toBe(false)
      for (const _ of "twice") {
        const { status, body } = await conduit.delete(`${path}/follow`, ana)
        expect([status, body]).toEqual([200, { profile }])
      }
      expect((await conduit.get(path, ana)).body).toEqual({ profile })
    },
  },
  {
    name: "who follows somebody many times at once follows them",
    async run(conduit) {
      const [ana, bo] = [await conduit.register("ana"), await conduit.register("bo")]
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => conduit.post(`/profiles/${bo.username}/follow`, ana)),
      )
      for (const { status, body } of answers) expect([status, body.profile.following]).toEqual([200, true])
      expect((await conduit.delete(`/profiles/${bo.username}/follow`, ana)).body.profile.following).toBe(false)
    },
  },
  {
    name: "a name that is no text for a path is found all the same, and one that nobody has is not",
    async run(conduit) {
      const username = `${unique("José & Søn")} 50% / ünïcode ✓`.slice(0, 60)
      const user = { username, email: `${unique("jose")}@example.com`, password: "correct horse" }
      expect((await conduit.post("/users", undefined, { user })).status).toBe(201)
      const { status, body } = await conduit.get(`/profiles/${encodeURIComponent(username)}`)
      expect([status, body.profile.username]).toEqual([200, username])

      const ana = await conduit.register("ana")
      const nobody = `/profiles/${unique("nobody")}`
      const errors = { profile: ["not found"] }
      expectRefusal(await conduit.get(nobody), 404, errors)
      expectRefusal(await conduit.get(nobody, ana), 404, errors)
      expectRefusal(await conduit.post(`${nobody}/follow`, ana), 404, errors)
      expectRefusal(await conduit.delete(`${nobody}/follow`, ana), 404, errors)
      expect((await conduit.get("/profiles/a%00b")).status).toBe(422)
    },
  },
]
