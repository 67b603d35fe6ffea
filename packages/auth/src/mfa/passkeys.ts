import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from "@simplewebauthn/server"
import { AuthSetupInvalid, PasskeyRefused } from "../errors.ts"
import type { Proof } from "../proofs/proof-store.ts"
import type { Asker, Factor, Passed } from "./factor.ts"
import { labelOf, type MfaCore } from "./mfa-core.ts"

export interface PasskeyOptions {
  /** The domain that passkeys are for: `example.com`, for all hosts below it. It can never change. */
  readonly rpId: string
  /** The site, as browsers show it. */
  readonly rpName: string
  /** Where ceremonies take place: `https://example.com`, `https://app.example.com`. 1 to 20. */
  readonly origins: readonly string[]
  /** How long a ceremony may take, in seconds: 30 to 600. Default: 300. */
  readonly seconds?: number
}

/** Passkeys: instead of a password, or as a second factor. They cannot be phished. */
export interface Passkeys {
  /**
   * What the browser's `navigator.credentials.create` is given.
   * @throws {AUTH_STEP_UP_REQUIRED} {AUTH_FACTOR_LIMIT}
   */
  registrationOptions(
    asker: Asker,
    names: { readonly name: string; readonly displayName?: string },
  ): Promise<PublicKeyCredentialCreationOptionsJSON>
  /** Adds the passkey that the browser made. @throws {AUTH_PASSKEY_REFUSED} */
  register(userId: string, response: RegistrationResponseJSON, label?: string): Promise<Factor>
  /**
   * What the browser's `navigator.credentials.get` is given. Of a user who has shown a password, for a second factor; of nobody, to sign
   * in by passkey alone: the browser knows whose it has.
   */
  signInOptions(userId?: string): Promise<PublicKeyCredentialRequestOptionsJSON>
  /**
   * Who may be signed in by what the browser gave. With a user it must be one of theirs; of nobody the device must have verified its
   * user besides, by finger, face or PIN, and that is two factors.
   * @throws {AUTH_PASSKEY_REFUSED}
   */
  signIn(response: AuthenticationResponseJSON, userId?: string): Promise<Passed>
}

interface Kept {
  readonly label: string
  readonly credentialId: string
  readonly publicKey: string
  readonly transports: readonly string[]
  readonly isBackedUp: boolean
  /** Whether it may leave the device that made it. */
  readonly isSynced: boolean
  readonly aaguid: string
  readonly usedMs?: number
}

type Library = typeof import("@simplewebauthn/server")

const KIND = "passkey"
const [REGISTER, SIGN_IN] = ["passkey-register", "passkey-sign-in"]
const NOBODY = "ashlar:nobody"
const MAX_RESPONSE = 65_536
/** EdDSA, ES256 and RS256, as authenticators have them. @see https://www.iana.org/assignments/cose/cose.xhtml#algorithms */
const ALGORITHMS: readonly number[] = [-8, -7, -257]
const [NONCE_BYTES, TIME_BYTES] = [16, 6]
const HEAD_BYTES = NONCE_BYTES + TIME_BYTES

export class LivePasskeys implements Passkeys {
  readonly #core: MfaCore
  readonly #options: PasskeyOptions
  readonly #ms: number

  constructor(core: MfaCore, options: PasskeyOptions) {
    checkOptions(options)
    this.#core = core
    this.#options = options
    this.#ms = (options.seconds ?? 300) * 1_000
  }

  async registrationOptions(
    asker: Asker,
    { name, displayName = name }: { readonly name: string; readonly displayName?: string },
  ): Promise<PublicKeyCredentialCreationOptionsJSON> {
    await this.#core.requireStepUp(asker)
    await this.#core.requireRoom(asker.id)
    const { generateRegistrationOptions } = await library()
    const { rpId, rpName } = this.#options
    return await generateRegistrationOptions({
      rpName,
      rpID: rpId,
      userName: name,
      userDisplayName: displayName,
      userID: new Uint8Array(Buffer.from(this.#handleOf(asker.id), "base64url")),
      challenge: this.#challenge(REGISTER, asker.id),
      timeout: this.#ms,
      excludeCredentials: (await this.#keptOf(asker.id)).map(({ credentialId, transports }) => ({
        id: credentialId,
        transports: [...transports],
      })),
      supportedAlgorithmIDs: [...ALGORITHMS],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    })
  }
  async register(userId: string, response: RegistrationResponseJSON, label?: string): Promise<Factor> {
    const challenge = await this.#spend(REGISTER, response, userId)
    const { verifyRegistrationResponse } = await library()
    const { rpId, origins } = this.#options
    const { registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...ALGORITHMS],
    }).catch(refuse)
    if (registrationInfo === undefined) throw new PasskeyRefused()
    const { credential, aaguid, credentialBackedUp, credentialDeviceType } = registrationInfo
    const kept: Kept = {
      label: labelOf(label, "Passkey"),
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString("base64url"),
      transports: credential.transports ?? [],
      isBackedUp: credentialBackedUp,
      isSynced: credentialDeviceType === "multiDevice",
      aaguid,
    }
    const [id, createdMs] = [hash(credential.id), this.#core.clock.now()]
    const proof = { kind: KIND, id, userId, counter: credential.counter, createdMs, expiresMs: undefined }
    // One that somebody has is nobody else's.
    if (!(await this.#core.store.add({ ...proof, data: JSON.stringify(kept) }))) throw new PasskeyRefused()
    return { id, kind: KIND, label: kept.label, createdMs, usedMs: undefined, isBackedUp: kept.isBackedUp }
  }

  async signInOptions(userId?: string): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const { generateAuthenticationOptions } = await library()
    const kept = userId === undefined ? undefined : await this.#keptOf(userId)
    return await generateAuthenticationOptions({
      rpID: this.#options.rpId,
      challenge: this.#challenge(SIGN_IN, userId ?? NOBODY),
      timeout: this.#ms,
      userVerification: userId === undefined ? "required" : "preferred",
      ...(kept !== undefined && {
        allowCredentials: kept.map(({ credentialId, transports }) => ({
          id: credentialId,
          transports: [...transports],
        })),
      }),
    })
  }
  async signIn(response: AuthenticationResponseJSON, userId?: string): Promise<Passed> {
    if (userId !== undefined) await this.#core.countTry(userId)
    const challenge = await this.#spend(SIGN_IN, response, userId ?? NOBODY)
    const proof = typeof response.id === "string" ? await this.#core.store.find(KIND, hash(response.id)) : undefined
    if (proof === undefined || (userId !== undefined && proof.userId !== userId)) throw new PasskeyRefused()
    const handle = response.response.userHandle
    const isOwn = handle === undefined ? userId !== undefined : handle === this.#handleOf(proof.userId)
    if (!isOwn) throw new PasskeyRefused()
    const info = await this.#verify(response, { proof, challenge, isAlone: userId === undefined })
    // A counter that does not grow is one of a copy. Those of synced passkeys stay at zero.
    const hasCounter = info.newCounter > 0 || proof.counter > 0
    if (hasCounter && !(await this.#core.store.raise(KIND, proof.id, info.newCounter))) throw new PasskeyRefused()
    const kept = JSON.parse(proof.data) as Kept
    const used: Kept = { ...kept, isBackedUp: info.credentialBackedUp, usedMs: this.#core.clock.now() }
    await this.#core.store.replace(KIND, proof.id, { from: proof.data, to: JSON.stringify(used) })
    if (userId !== undefined) await this.#core.forgetTries(userId)
    const amr = [kept.isSynced ? "swk" : "hwk", ...(info.userVerified ? ["user"] : []), "mfa"]
    return { userId: proof.userId, factorId: proof.id, amr, acr: "phr" }
  }

  async #verify(
    response: AuthenticationResponseJSON,
    { proof, challenge, isAlone }: { readonly proof: Proof; readonly challenge: string; readonly isAlone: boolean },
  ) {
    const { verifyAuthenticationResponse } = await library()
    const { rpId, origins } = this.#options
    const { credentialId, publicKey, isSynced } = JSON.parse(proof.data) as Kept
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      requireUserVerification: isAlone,
      credential: {
        id: credentialId,
        publicKey: new Uint8Array(Buffer.from(publicKey, "base64url")),
        counter: proof.counter,
      },
    }).catch(refuse)
    // Whether it may leave its device is said once and for all (Web Authentication, section 6.1.3).
    if (!verified || (authenticationInfo.credentialDeviceType === "multiDevice") !== isSynced)
      throw new PasskeyRefused()
    return authenticationInfo
  }
  /**
   * A challenge that says itself for whom and until when it is, so that whoever asks for many fills no store: 16 random bytes, the time,
   * and what only we can make of both.
   */
  #challenge(kind: string, userId: string): Uint8Array<ArrayBuffer> {
    const head = Buffer.alloc(HEAD_BYTES)
    randomBytes(NONCE_BYTES).copy(head)
    head.writeUIntBE(this.#core.clock.now() + this.#ms, NONCE_BYTES, TIME_BYTES)
    return new Uint8Array(Buffer.concat([head, this.#seal(kind, userId, head)]))
  }
  #seal(kind: string, userId: string, head: Buffer): Buffer {
    return Buffer.from(this.#core.mac(kind, userId, head.toString("base64url")), "base64url")
  }
  /** The challenge that a response answers. It is used up, whatever becomes of the response: of all who show it one goes on. */
  async #spend(
    kind: string,
    response: RegistrationResponseJSON | AuthenticationResponseJSON,
    userId: string,
  ): Promise<string> {
    const challenge = challengeIn(response)
    const bytes = Buffer.from(challenge ?? "", "base64url")
    const [head, seal] = [bytes.subarray(0, HEAD_BYTES), bytes.subarray(HEAD_BYTES)]
    const right = this.#seal(kind, userId, head)
    if (seal.length !== right.length || !timingSafeEqual(seal, right)) throw new PasskeyRefused()
    const [createdMs, expiresMs] = [this.#core.clock.now(), head.readUIntBE(NONCE_BYTES, TIME_BYTES)]
    const used = { kind: `${kind}-used`, id: hash(bytes), userId, counter: 0, data: "", createdMs, expiresMs }
    if (expiresMs <= createdMs || !(await this.#core.store.add(used))) throw new PasskeyRefused()
    return bytes.toString("base64url")
  }
  async #keptOf(userId: string): Promise<readonly Kept[]> {
    return (await this.#core.store.list(userId, KIND)).map(({ data }) => JSON.parse(data) as Kept)
  }
  /** How authenticators know the user: no name, and nothing that tells who it is. */
  #handleOf(userId: string): string {
    return this.#core.mac("passkey-user", userId)
  }
}

/**
 * Loaded when the first ceremony needs it: it brings certificates of many makers. What it hangs on asks for metadata of classes, which
 * must be there before, also in a bundle.
 */
async function library(): Promise<Library> {
  await import("reflect-metadata")
  return await import("@simplewebauthn/server")
}
function refuse(cause: unknown): never {
  throw new PasskeyRefused(undefined, { cause })
}
function hash(given: string | Uint8Array): string {
  return createHash("sha256").update(given).digest("base64url")
}

function challengeIn(given: unknown): string | undefined {
  try {
    if (JSON.stringify(given).length > MAX_RESPONSE) return undefined
    const { response } = given as { readonly response: { readonly clientDataJSON: string } }
    const { challenge } = JSON.parse(Buffer.from(response.clientDataJSON, "base64url").toString()) as {
      readonly challenge: unknown
    }
    return typeof challenge === "string" && challenge.length <= 128 ? challenge : undefined
  } catch {
    return undefined
  }
}

function checkOptions({ rpId, rpName, origins, seconds = 300 }: PasskeyOptions): void {
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(rpId) || rpName === "")
    throw new AuthSetupInvalid("Expected `rpId` to be a domain such as example.com, and `rpName` a name.")
  if (!(Number.isInteger(seconds) && seconds >= 30 && seconds <= 600))
    throw new AuthSetupInvalid(`Expected \`seconds\` of 30 to 600, got ${seconds}.`)
  const isFine = (origin: string): boolean => {
    const url = URL.parse(origin)
    const isBelow = url !== null && (url.hostname === rpId || url.hostname.endsWith(`.${rpId}`))
    return isBelow && url.origin === origin && (url.protocol === "https:" || url.hostname === "localhost")
  }
  if (origins.length < 1 || origins.length > 20 || !origins.every(isFine))
    throw new AuthSetupInvalid(`Expected 1 to 20 origins such as https://${rpId}, on that domain or below it.`)
}
