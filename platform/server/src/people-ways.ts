import type { IdentityOptions, PersonMail } from "@ashlar/identity"
import { type OpenedMail, toMessage } from "./backends/open-mail.ts"
import { passkeyPlace } from "./passkey-place.ts"
import { readPeopleProviders } from "./people-providers.ts"
import type { ServerOptions } from "./server.ts"

/** How people come in beside by password: over their mailboxes, and over providers that the operator chose. */
export function peopleWays(
  { providers, providerFetch }: ServerOptions,
  { install, ...told }: Pick<OpenedMail, "install" | "onMailError"> & { readonly consoleUrl: () => string },
): Partial<IdentityOptions> {
  return {
    ...told,
    passkeys: () => passkeyPlace(told.consoleUrl()),
    providers: readPeopleProviders(providers),
    ...(providerFetch && { providerFetch }),
    ...(install && { sendMail: (mail: PersonMail) => install.send(toMessage(mail)) }),
  }
}
