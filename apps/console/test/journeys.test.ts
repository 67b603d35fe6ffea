import { expect, test } from "bun:test"
import { describeInBrowser, focused, tabTo, until } from "./browser.ts"

const countries = "/projects/atlas/collections/countries"

describeInBrowser(
  "setting up",
  (bench) => {
    test("the link makes the first administrator and the first project, by keyboard alone, and works once", async () => {
      const page = await bench.open(`/setup?token=${bench.fake.setupToken}`, { signedIn: false })
      await page.getByText("Lay the first stone").waitFor()
      expect(await page.getByText("fsync on every commit").isVisible()).toBe(true)
      await page.keyboard.type("Maya Lindqvist")
      await page.keyboard.press("Tab")
      await page.keyboard.type("maya@northwall.dev")
      await page.keyboard.press("Tab")
      await page.keyboard.type("short")
      await page.keyboard.press("Enter")
      await page.getByText("Expected a password of at least 10 characters.").waitFor()
      await page.getByLabel("Password", { exact: true }).fill("a wall of dressed stone")
      await page.keyboard.press("Enter")
      await page.getByText("Name the first project").waitFor()
      await page.keyboard.type("Stone yard")
      await page.keyboard.press("Enter")
      await page.waitForURL(/\/projects\/stone-yard$/)
      await page.getByText("0 of 5 laid").waitFor()

      const second = await bench.open(`/setup?token=${bench.fake.setupToken}`, { signedIn: false })
      await second.getByText("This link is spent").waitFor()
      expect(await second.getByText("fsync on every commit").count()).toBe(0)
    })
  },
  { fresh: true },
)

describeInBrowser("rules", (bench) => {
  test("a rule that lets everybody in takes a second press, and says who gains what", async () => {
    const page = await bench.open(`${countries}/rules`)
    await page.getByRole("radiogroup", { name: "Who may read" }).getByText("Public", { exact: true }).click()
    await page.getByText("Anybody gains read.").waitFor()
    await page.getByRole("button", { name: "Publish rules" }).click()
    await page.getByText("Press again if that is what you want").waitFor()
    expect(bench.fake.collection("countries").rules.read).toBe("publishable")
    await page.getByRole("button", { name: "Publish, open to everybody" }).click()
    await page.getByText("Rules published").waitFor()
    expect(bench.fake.collection("countries").rules).toMatchObject({ read: "public", create: "secret", delete: null })
  })

  test("a rule that closes is published with one press, by keyboard", async () => {
    const page = await bench.open("/projects/atlas/collections/cities/rules")
    const read = page.getByRole("radiogroup", { name: "Who may read" })
    await read.getByText("Public", { exact: true }).focus()
    await page.keyboard.press("ArrowLeft")
    await until("the focus", async () => (await focused(page)) === "Publishable keys")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+s")
    await page.getByText("Rules published").waitFor()
    expect(bench.fake.collection("cities").rules.read).toBe("publishable")
  })
})

describeInBrowser("functions", (bench) => {
  test("the log follows: a call from elsewhere appears by itself, and pausing holds the view", async () => {
    const page = await bench.open("/projects/atlas/functions/import-countries")
    await page.locator(".log").first().waitFor()
    bench.fake.call("import-countries", "/from-elsewhere")
    await page.getByText("GET /from-elsewhere").waitFor()
    await page.keyboard.press("f")
    await page.getByRole("button", { name: /^Follow/, pressed: false }).waitFor()
    const top = await page.getByRole("log").evaluate((log) => log.scrollTop)
    for (let calls = 0; calls < 30; calls++) bench.fake.call("import-countries", `/quiet-${calls}`)
    await page.getByText(/7\d calls/).waitFor()
    expect(await page.getByRole("log").evaluate((log) => log.scrollTop)).toBe(top)
  })

  test("a call is sent as it is written, and its answer and log line are shown", async () => {
    const page = await bench.open("/projects/atlas/functions/import-countries")
    await page.locator(".log").first().waitFor()
    await page.keyboard.press("i")
    await page.keyboard.type("/region/oceania?dry=1")
    await page.keyboard.press("Control+Enter")
    await page.getByText("200 OK").waitFor()
    await page.getByText("GET /region/oceania").waitFor()
    await page.getByRole("radiogroup", { name: "Call as" }).getByText("Anonymous").click()
    await page.keyboard.press("Control+Enter")
    await page.getByText("401 Unauthorized").waitFor()
    await page.getByText("takes a secret key").waitFor()
  })

  test("rolling back asks once, names both versions, and can be undone the same way", async () => {
    const page = await bench.open("/projects/atlas/functions/import-countries")
    await page.getByText("v14 live").waitFor()
    await page.getByRole("button", { name: "Roll back", exact: true }).click()
    const dialog = page.getByRole("dialog", { name: "Roll back to v13" })
    expect(await dialog.textContent()).toMatch(/v14.*v13/)
    await tabTo(page, /Make v13 live/)
    await page.keyboard.press("Enter")
    await page.getByText("v13 live", { exact: true }).first().waitFor()
    expect(bench.fake.function("import-countries").active).toBe(13)
    await page.getByRole("tab", { name: "Versions" }).click()
    await page.getByRole("row", { name: /^v14/ }).getByRole("button", { name: "Activate" }).click()
    await page.getByRole("button", { name: "Make v14 live" }).click()
    await page.getByText("v14 live", { exact: true }).first().waitFor()
  })

  test("a dropped file is deployed; TypeScript is refused with the command that takes it", async () => {
    const page = await bench.open("/projects/atlas/functions")
    const input = page.getByLabel("Function file")
    await input.setInputFiles({ name: "hello.ts", mimeType: "text/plain", buffer: Buffer.from("export default {}") })
    await page.getByText("The CLI bundles TypeScript: ashlar deploy").waitFor()
    await input.setInputFiles({ name: "hello.js", mimeType: "text/javascript", buffer: Buffer.from("nothing") })
    await page.getByRole("button", { name: "Deploy", exact: true }).click()
    await page.getByText("The bundle has no default export").waitFor()
    await input.setInputFiles({
      name: "hello.js",
      mimeType: "text/javascript",
      buffer: Buffer.from("export default { fetch: () => new Response() }"),
    })
    await page.getByRole("button", { name: "Deploy", exact: true }).click()
    await page.getByText("v1 live").waitFor()
    await page.getByText("Nothing written yet").waitFor()
  })
})

describeInBrowser("keys and members", (bench) => {
  test("a new key is shown once, in a dialog that stays until it is copied or said to be kept", async () => {
    const page = await bench.open("/projects/atlas/settings/api-keys")
    await page.getByRole("row", { name: /web app/ }).waitFor()
    await page.keyboard.press("n")
    await page.keyboard.type("mobile app")
    await page.keyboard.press("Enter")
    const dialog = page.getByRole("dialog", { name: "mobile app is ready" })
    const secret = (await dialog.getByLabel("The new key").textContent()) ?? ""
    expect(secret).toMatch(/^ak_publishable_\w+_\w+$/)
    await page.keyboard.press("Escape")
    await page.mouse.click(10, 450)
    expect(await dialog.isVisible()).toBe(true)
    expect(await dialog.getByRole("button", { name: "Done" }).isDisabled()).toBe(true)
    await dialog.getByLabel("I have kept it somewhere safe").check()
    await dialog.getByRole("button", { name: "Done" }).click()
    await dialog.waitFor({ state: "detached" })
    await page.getByRole("row", { name: /mobile app/ }).waitFor()
    expect(await page.content()).not.toContain(secret)
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain("ak_")
  })

  test("a key for one job says what it may do, and takes at least one scope", async () => {
    const page = await bench.open("/projects/atlas/settings/api-keys")
    await page.getByRole("row", { name: /web app/ }).waitFor()
    await page.keyboard.press("n")
    await page.keyboard.type("pipeline")
    await page.getByLabel("Kind").selectOption("scoped")
    const submit = page.getByRole("button", { name: "Create key" }).last()
    expect(await submit.isDisabled()).toBe(true)
    await page.getByLabel(/functions:deploy/).check()
    await page.getByLabel(/collections:write/).check()
    await submit.click()
    await page.getByRole("dialog", { name: "pipeline is ready" }).getByRole("checkbox").check()
    await page.getByRole("button", { name: "Done" }).click()
    await page.getByRole("row", { name: /pipeline.*functions:deploy, collections:write/ }).waitFor()
  })

  test("a key is rotated and revoked, and says what stops working", async () => {
    const page = await bench.open("/projects/atlas/settings/api-keys")
    await page.getByRole("button", { name: "Rotate web app" }).click()
    await page.getByText("stops working at once").waitFor()
    await page.getByRole("button", { name: "Rotate key" }).click()
    await page.getByLabel("The new key").waitFor()
    await page.getByRole("checkbox").check()
    await page.getByRole("button", { name: "Done" }).click()
    await page.getByText("revoked just now").waitFor()
    await page.getByRole("button", { name: "Revoke nightly import" }).click()
    await page.getByText("it was never used").waitFor()
    await page.getByRole("button", { name: "Revoke key" }).click()
    await page.getByText("Key revoked").waitFor()
  })

  test("an invitation gives a link; whoever opens it joins the project", async () => {
    const page = await bench.open("/projects/atlas/settings/members")
    await page.getByRole("row", { name: /Tomas/ }).waitFor()
    await page.keyboard.press("n")
    await page.keyboard.type("ines@northwall.dev")
    await page.keyboard.press("Enter")
    const link = (await page.getByLabel("Invitation link").textContent()) ?? ""
    const guest = await bench.open(new URL(link).pathname, { signedIn: false })
    await guest.getByLabel("Name").fill("Ines Duarte")
    await guest.getByLabel("Email").fill("ines@northwall.dev")
    await guest.getByLabel("Password", { exact: true }).fill("stones without mortar")
    await guest.keyboard.press("Enter")
    await guest.getByRole("link", { name: "atlas" }).waitFor()
  })
})

describeInBrowser("the palette", (bench) => {
  test("finds documents of the collection on the screen, commands and places, by keyboard", async () => {
    const page = await bench.open(countries)
    await page.locator(".grid-row").first().waitFor()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("swi")
    await page.getByRole("option", { name: /Switzerland/, selected: true }).waitFor()
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Switzerland" }).waitFor()
    await page.keyboard.press("Control+k")
    await page.keyboard.press("Backspace")
    await page.keyboard.type("curr")
    await page.getByRole("option", { name: /currencies/, selected: true }).waitFor()
    await page.keyboard.press("Enter")
    await page.waitForURL(/collections\/currencies$/)
    await page.keyboard.press("Control+k")
    await page.keyboard.type(">theme")
    await page.keyboard.press("Enter")
    await until("the theme", async () => (await page.evaluate(() => localStorage.getItem("ashlar.theme"))) === "light")
  })

  test("the sheet lists what the keys do on this screen, and nothing that they do not", async () => {
    const page = await bench.open(countries)
    await page.locator(".grid-row").first().waitFor()
    await page.keyboard.press("?")
    const sheet = page.getByRole("dialog", { name: "Shortcuts" })
    await sheet.getByText("Insert a document").waitFor()
    expect(await sheet.getByText("Follow the log").count()).toBe(0)
    await page.keyboard.press("Escape")
    await sheet.waitFor({ state: "detached" })
    await page.keyboard.press("g")
    await page.keyboard.press("f")
    await page.waitForURL(/functions$/)
  })
})
