import { createHash, timingSafeEqual } from "node:crypto"
import { oidc } from "@ashlar/oauth/client"
import { createOAuthServer } from "@ashlar/oauth/server"

/** Who signs in there: one invented person, whose mailbox is nobody's. */
const PERSON = { username: "pat", password: "practice", email: "pat@practice.example", name: "Pat Practice" }

/** Another provider for trying out, in the same process: an OpenID provider of one person, and the client of it. */
export function createPractice(origin: string, secret: Uint8Array) {
  const issuer = `${origin}/practice`
  const clientSecret = createHash("sha256").update("practice").update(secret).digest("base64url")
  const server = createOAuthServer({
    issuer,
    clients: [
      {
        id: "identity",
        name: "Ashlar Identity",
        secret: clientSecret,
        redirectUris: [`${origin}/sign-in/practice/callback`],
      },
    ],
    people: {
      verify: ({ username, password }) =>
        same(username, "username") && same(password, "password") ? { id: "pat" } : undefined,
      claims: () => ({ name: PERSON.name, email: PERSON.email, email_verified: true }),
    },
  })
  const provider = oidc({ name: "practice", label: "Practice", issuer, clientId: "identity", clientSecret })
  return { server, provider, hint: `${PERSON.username} / ${PERSON.password}` }
}

const digest = (text: string) => createHash("sha256").update(text).digest()
const same = (text: string, of: "username" | "password") => timingSafeEqual(digest(text), digest(PERSON[of]))
