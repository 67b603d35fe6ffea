import type { Provider } from "@ashlar/oauth/client"
import { InvalidInput } from "../errors.ts"
import { foldEmail } from "../person.ts"
import { makeProvider, NAME } from "../providers/make-provider.ts"

/** A provider that signs people of the install in, as its operator says. */
export interface PeopleProviderInput {
  /** Names it in addresses: 1 to 32 small letters, digits and `-`. */
  readonly name: string
  readonly kind: string
  /** What people read on the button. Default: the provider's own name. */
  readonly label?: string | undefined
  readonly clientId: string
  readonly clientSecret: string
  /** Where it is, for kinds that are not in one place. */
  readonly host?: string | undefined
  readonly tenant?: string | undefined
  /** Domains whose verified addresses get an account by it: `example.com`. Default: none, so that it signs in who is here alone. */
  readonly signUpDomains?: readonly string[] | undefined
}

export interface PeopleProvider {
  readonly label: string
  readonly kind: string
  readonly provider: Provider
  readonly signUpDomains: ReadonlySet<string>
}

const MAX_PROVIDERS = 20
const MAX_DOMAINS = 100

/** @throws {IDENTITY_INVALID_INPUT} naming the field */
export function openPeopleProviders(inputs: readonly PeopleProviderInput[]): ReadonlyMap<string, PeopleProvider> {
  if (inputs.length > MAX_PROVIDERS) refuse("providers", `at most ${MAX_PROVIDERS}`)
  const known = new Map<string, PeopleProvider>()
  for (const input of inputs) {
    const { name, kind, clientId, clientSecret, host = null, tenant = null, signUpDomains = [] } = input
    if (!NAME.test(name)) refuse("name", "1 to 32 small letters, digits and -")
    if (known.has(name)) refuse("name", `another one than "${name}", which is there twice`)
    const provider = makeProvider(name, { kind, clientId, clientSecret, host, tenant })
    const label = input.label ?? provider.label
    if ([...label].length > 60 || label.trim() === "" || /\p{C}/u.test(label)) refuse("label", "1 to 60 characters")
    if (signUpDomains.length > MAX_DOMAINS) refuse("signUpDomains", `at most ${MAX_DOMAINS} domains`)
    known.set(name, { label, kind, provider, signUpDomains: new Set(signUpDomains.map(toDomain)) })
  }
  return known
}

/** Whole domains: one does not stand for those below it. */
function toDomain(text: string): string {
  const folded = foldEmail(`somebody@${text}`)
  return (
    folded?.slice(folded.indexOf("@") + 1) ??
    refuse("signUpDomains", `domains like example.com, got ${JSON.stringify(text)}`)
  )
}

function refuse(field: string, expected: string): never {
  throw new InvalidInput(`Expected \`${field}\` of a provider to be ${expected}.`, { details: { field } })
}
