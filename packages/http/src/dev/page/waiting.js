// Looks again until the app answers, or until there is another reason why it does not.
let known
const look = async () => {
  try {
    const response = await fetch(location.href, { headers: { accept: "application/json" }, cache: "no-store" })
    if (response.status !== 503) return location.reload()
    const { detail } = await response.json()
    known ??= detail
    if (detail !== known) location.reload()
  } catch {
    // It is being started again.
  }
}
setInterval(look, 700)
await look()
