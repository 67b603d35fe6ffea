/** Ceremonies of passkeys for buttons with `data-passkey`: sign-in, factor, register. */
const post = async (path, body) => {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body ?? {}),
  })
  const said = await answer.json()
  if (!answer.ok) throw new Error(said.detail ?? said.title ?? "It did not work.")
  return said
}
const get = async (options) =>
  (await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })).toJSON()
const create = async (options) =>
  (
    await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
  ).toJSON()

const ceremonies = {
  "sign-in": async (next) =>
    (await post("/auth/sign-in/passkey", { response: await get(await post("/auth/sign-in/passkey/options")), next }))
      .next,
  factor: async (next) => {
    const response = await get(await post("/auth/second-step/passkey/options"))
    return (await post("/auth/second-step/passkey", { response, next })).next
  },
  register: async () => {
    const at = "/auth/account/factors/passkey"
    await post(at, { response: await create(await post(`${at}/options`)) })
    return "/account"
  },
}
/** What browsers say in words of their own. */
const SAID = {
  NotAllowedError: "No passkey was used. Try again, or take another way.",
  InvalidStateError: "This device has a passkey of your account already.",
  SecurityError: "Passkeys do not work at this address. Open the page at the name of the app.",
}
for (const button of document.querySelectorAll("[data-passkey]")) {
  button.hidden = !globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON
  button.addEventListener("click", async () => {
    try {
      location.assign(await ceremonies[button.dataset.passkey](button.dataset.next))
    } catch (error) {
      const alert =
        document.querySelector("[role=alert]") ??
        document.querySelector("h1").insertAdjacentElement("afterend", document.createElement("p"))
      alert.setAttribute("role", "alert")
      alert.textContent = SAID[error.name] ?? error.message
    }
  })
}
