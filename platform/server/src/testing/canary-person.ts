import { google } from "@ashlar/oauth/client"
import { type FakeProvider, fakeProvider } from "@ashlar/oauth/testing"
import type { ServerOptions } from "../server.ts"
import { addApp } from "./authenticator.ts"
import type { Made } from "./canary.ts"
import type { Answer, Stage } from "./cast.ts"
import { openSmtpSink, type SmtpSink } from "./smtp-sink.ts"

/** What stands around an install whose people come in over their mailboxes and another provider. */
export interface PeopleWays {
  /** Start the platform with these. */
  readonly options: ServerOptions
  readonly provider: FakeProvider
  readonly sink: SmtpSink
  /** What the operator gave the platform: nobody is shown it. */
  readonly secrets: { readonly mailPassword: string; readonly providerSecret: string }
}

/** Mail to whoever `setCanaries` lets sign up is taken; all other mail fails, and the log says so. */
export async function openPeopleWays(secrets: PeopleWays["secrets"]): Promise<PeopleWays> {
  const client = { clientId: "ashlar", clientSecret: secrets.providerSecret }
  const provider = fakeProvider(google(client))
  const sink = await openSmtpSink((address) => address.startsWith("canaryemail"))
  process.env.CANARY_PROVIDERS = JSON.stringify([{ name: "google", kind: "google", ...client }])
  const mail = `smtp://operator:${secrets.mailPassword}@127.0.0.1:${sink.port}?tls=off`
  const options: ServerOptions = {
    ...{ mail, mailFrom: "no-reply@example.com", providers: "env:CANARY_PROVIDERS", providerFetch: provider.fetch },
  }
  return { options, provider, sink, secrets }
}

/** Ways in of one person of the install: what they are sent, whom they are known by elsewhere, and what their browser keeps. */
export async function setPersonCanaries(
  stage: Stage,
  made: Made,
  { provider, sink }: PeopleWays,
  person: { readonly email: string; readonly password: string; readonly accessToken: string },
): Promise<void> {
  const { email, password, accessToken } = person
  const own = { authorization: `Bearer ${accessToken}` }
  const post = async (
    path: string,
    body?: object,
    headers: Record<string, string> = {},
    max = 303,
  ): Promise<Answer> => {
    const answer = await stage.call("anonymous", "POST", `/v1/auth/${path}`, body, headers)
    if (answer.status > max) throw new TypeError(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    return answer
  }
  // Codes are of eight digits, which are found by chance: their links stand for them.
  await post("email/verify/send", {}, own)
  const { token, secret } = await sink.nextSecret()
  made("address-link", "nobody", secret)
  await post("email/verify", { token }, own)
  await post("mail/send", { email })
  made("sign-in-link", "nobody", (await sink.nextSecret()).secret)

  const { url, transaction } = (await post("authorize", { provider: "google", connect: true }, own)).body
  const there = { subject: made("identity", "nobody"), email: `${made("identity-email", "nobody")}@example.org` }
  const { parameters } = await provider.signIn(url, { ...there, emailVerified: true })
  const led = await stage.call("anonymous", "GET", `/v1/auth/sign-in/google/callback?${parameters}`)
  const ticket = new URL(led.headers.get("location") ?? "").searchParams.get("ticket")
  await post("callback", { ticket, transaction }, own)

  const phone = await addApp(stage, accessToken)
  made("person-recovery-code", "nobody", phone.recoveryCodes[0])
  const step = (await post("signin", { email, password }, {}, 401)).body.details.ticket
  const shown = { ticket: step, code: phone.code(1), remember: true, cookie: true }
  const cookies = (await post("signin/factor", shown)).headers.getSetCookie()
  const [, device] =
    /^ashlar_device=([^.;]+)/.exec(cookies.find((line) => line.startsWith("ashlar_device")) ?? "") ?? []
  made("person-device", "nobody", device)
}
