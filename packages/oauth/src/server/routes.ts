import { type AnyRoute, del, get, post, put, type RouteDefinition } from "@ashlar/http"
import { authorize, decideConsent } from "./authorize/authorize.ts"
import { pushRequest } from "./authorize/pushed.ts"
import { changeRegistration, register } from "./clients/registration.ts"
import { authorizeDevice } from "./device/device-authorization.ts"
import { decideDevice, showDevice } from "./device/device-page.ts"
import { describeServer } from "./discovery.ts"
import { logout } from "./logout/logout.ts"
import { OwnSessions } from "./own-sessions.ts"
import type { Parts } from "./parts.ts"
import type { Settings } from "./settings.ts"
import { introspect, revoke } from "./tokens/introspect.ts"
import { token } from "./tokens/token-endpoint.ts"
import { userinfo } from "./tokens/userinfo.ts"
import { forPeople, forPrograms } from "./wire/answer-errors.ts"
import { MAX_FORM_BYTES } from "./wire/parameters.ts"
import { Refusal } from "./wire/refusal.ts"

type About = Pick<RouteDefinition, "summary" | "tags" | "maxBodyBytes">

/** The routes of a server. */
export function createRoutes(settings: Settings, open: () => Promise<Parts>): Readonly<Record<string, AnyRoute>> {
  const { prefix, issuer } = settings
  const at = (path: string): string => `${prefix}${path}`
  const about = (summary: string): About => ({ summary, tags: ["oauth"], maxBodyBytes: MAX_FORM_BYTES })
  const description = describeServer(settings)
  const cached = { "cache-control": "public, max-age=300", "access-control-allow-origin": "*" }
  const login = async (parts: Parts, ctx: Parameters<typeof token>[1]): Promise<unknown> => {
    if (parts.people instanceof OwnSessions) return await parts.people.submit(ctx)
    throw new Refusal("invalid_request", `Nobody signs in here: ${issuer} has pages of its own.`, { status: 404 })
  }
  const discover = get(at("/.well-known/openid-configuration"), about("What the OpenID provider can"), (ctx) =>
    ctx.json(description).withHeaders(cached),
  )
  return {
    discover,
    // RFC 8414 puts the issuer's path behind, OpenID Connect in front.
    describe: get(`/.well-known/oauth-authorization-server${prefix}`, about("What the OAuth server can"), (ctx) =>
      ctx.json(description).withHeaders(cached),
    ),
    keys: get(at("/oauth/jwks"), about("The public keys that sign tokens"), async (ctx) =>
      ctx.json(await (await open()).keys.jwks()).withHeaders(cached),
    ),
    authorize: get(at("/oauth/authorize"), about("Asks a person for a client"), forPeople(open, authorize)),
    authorizeByForm: post(at("/oauth/authorize"), about("Asks a person for a client"), forPeople(open, authorize)),
    login: post(at("/oauth/login"), about("Signs a person in"), forPeople(open, login)),
    consent: post(at("/oauth/consent"), about("What a person decided"), forPeople(open, decideConsent)),
    token: post(at("/oauth/token"), about("Gives tokens"), forPrograms(open, token)),
    userinfo: get(at("/oauth/userinfo"), about("Who a token is of"), forPrograms(open, userinfo)),
    userinfoByForm: post(at("/oauth/userinfo"), about("Who a token is of"), forPrograms(open, userinfo)),
    introspect: post(at("/oauth/introspect"), about("What a token is good for"), forPrograms(open, introspect)),
    revoke: post(at("/oauth/revoke"), about("Ends a token"), forPrograms(open, revoke)),
    push: post(at("/oauth/par"), about("Takes an authorization request in advance"), forPrograms(open, pushRequest)),
    authorizeDevice: post(
      at("/oauth/device_authorization"),
      about("Begins for a device"),
      forPrograms(open, authorizeDevice),
    ),
    showDevice: get(at("/oauth/device"), about("Asks for the code of a device"), forPeople(open, showDevice)),
    decideDevice: post(at("/oauth/device"), about("Connects a device"), forPeople(open, decideDevice)),
    ...(settings.registration !== undefined && {
      register: post(at("/oauth/register"), about("Registers a client"), forPrograms(open, register)),
      showClient: get(
        at("/oauth/register/:id"),
        about("What is registered of a client"),
        forPrograms(open, changeRegistration),
      ),
      changeClient: put(
        at("/oauth/register/:id"),
        about("Registers a client anew"),
        forPrograms(open, changeRegistration),
      ),
      removeClient: del(at("/oauth/register/:id"), about("Takes a client away"), forPrograms(open, changeRegistration)),
    }),
    logout: get(at("/oauth/logout"), about("Signs a person out"), forPeople(open, logout)),
    logoutByForm: post(at("/oauth/logout"), about("Signs a person out"), forPeople(open, logout)),
  }
}
