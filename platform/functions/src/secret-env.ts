import { SecretRefused } from "./errors.ts"

/** Reads a secret for a function that it is granted to. */
export type SecretSource = (
  projectId: string,
  request: { readonly function: string; readonly name: string },
) => Promise<string>

const REFERENCE = /^secret:([a-z0-9][a-z0-9._-]{0,63})$/

/**
 * The env of a function with the secrets that it names: `{ STRIPE_KEY: "secret:stripe" }`. What is stored of the function holds the
 * name alone, so a secret that is rotated is the new one in the next process, and one that is revoked is in none: a process that holds secrets
 * takes calls for a minute.
 *
 * @throws {FUNCTIONS_SECRET_REFUSED}
 */
export async function openSecrets(
  env: Readonly<Record<string, string>>,
  owner: { readonly project: string; readonly function: string },
  secretFor: SecretSource | undefined,
): Promise<Readonly<Record<string, string>>> {
  if (secretFor === undefined) return env
  const opened: Record<string, string> = {}
  for (const [key, value] of Object.entries(env)) {
    const name = REFERENCE.exec(value)?.[1]
    if (name === undefined) opened[key] = value
    else
      opened[key] = await secretFor(owner.project, { function: owner.function, name }).catch((cause: unknown) => {
        // Anybody may be the caller: the name of the secret is for the log.
        throw new SecretRefused(undefined, { cause })
      })
  }
  return opened
}

/** Whether it names secrets. */
export function hasSecrets(env: Readonly<Record<string, string>>): boolean {
  return Object.values(env).some((value) => REFERENCE.test(value))
}
