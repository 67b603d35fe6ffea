import { expect, test } from "bun:test"
import { describeInBrowser, until } from "./browser.ts"

describeInBrowser("organizations", ({ open }) => {
  test("are switched by keyboard, and show their projects, members and open invites", async () => {
    const page = await open("/projects/atlas")
    await page.getByRole("link", { name: "Northwall" }).waitFor()
    await page.getByRole("button", { name: "Switch organization" }).focus()
    await page.keyboard.press("Enter")
    await page.getByRole("menuitem", { name: "Members and settings" }).focus()
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Members" }).waitFor()
    await page.getByRole("row", { name: /tomas@northwall\.dev/ }).waitFor()
    await page.getByRole("row", { name: /ines@northwall\.dev/ }).waitFor()

    await page.keyboard.press("n")
    await page.getByLabel("Email").fill("new@northwall.dev")
    await page.getByRole("combobox", { name: "Role", exact: true }).selectOption("admin")
    await page.keyboard.press("Enter")
    const link = await page.getByLabel("Invitation link").textContent()
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/invite\/in_/)
    await page.getByRole("button", { name: "Done" }).click()
    await page.getByRole("button", { name: "Withdraw the invite of new@northwall.dev" }).click()
    await until("the invite is gone", async () => (await page.getByText("new@northwall.dev").count()) < 2)

    await page.getByLabel("Role of Tomas Okafor").selectOption("admin")
    await page.getByLabel("Role of Maya Lindqvist").selectOption("viewer")
    await page.getByText("Maya Lindqvist keeps the role").waitFor()
    await until("the select says so too", async () => {
      return (await page.getByLabel("Role of Maya Lindqvist").inputValue()) === "owner"
    })
    await page.close()
  })

  test("are made, get projects, and are joined with the account that one has", async () => {
    const page = await open("/projects")
    await page.getByRole("button", { name: "Switch organization" }).click()
    await page.getByRole("menuitem", { name: "New organization" }).click()
    await page.getByLabel("Name").fill("Quarry")
    await page.keyboard.press("Enter")
    await page.waitForURL(/\/orgs\/quarry\/members$/)
    await page.getByRole("navigation", { name: "Organization" }).getByRole("link", { name: "Projects" }).click()
    await page.waitForURL(/\/projects\?org=quarry$/)
    await page.getByRole("button", { name: "New project" }).first().click()
    expect(await page.getByLabel("Organization", { exact: true }).inputValue()).toBe("quarry")
    await page.getByLabel("Name").fill("Granite")
    await page.keyboard.press("Enter")
    await page.waitForURL(/\/projects\/granite$/)
    await page.goto(new URL("/invite/in_nothing", page.url()).href)
    await page.getByText("You are signed in as maya@northwall.dev.").waitFor()
    await page.getByRole("button", { name: "Join" }).click()
    await page.getByRole("alert").filter({ hasText: "used, expired or unknown" }).waitFor()
    await page.close()
  })
})
