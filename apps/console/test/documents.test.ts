import { expect, test } from "bun:test"
import type { Page } from "playwright-core"
import { describeInBrowser, focused, tabTo, until } from "./browser.ts"

const countries = "/projects/atlas/collections/countries"

async function openCountry(page: Page, name: string): Promise<void> {
  await page
    .getByRole("row", { name: new RegExp(name) })
    .first()
    .click()
  await page.getByRole("heading", { name }).waitFor()
}

const rev = (
  bench: { fake: { collection(name: string): { documents: { data: object; rev: number }[] } } },
  name: string,
) => bench.fake.collection("countries").documents.find((one) => (one.data as { name?: string }).name === name)

describeInBrowser("documents by keyboard", (bench) => {
  test("a filter narrows the list, is in the address, and says when nothing matches", async () => {
    const page = await bench.open(countries)
    await page.locator(".grid-row").first().waitFor()
    await page.keyboard.press("/")
    await page.getByLabel("Field", { exact: true }).fill("region")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Europe")
    await page.keyboard.press("Enter")
    await page.getByText("of 250").waitFor()
    expect(page.url()).toContain("Europe")
    await page.reload()
    await page.getByText(/\d+ of 250/).waitFor()
    await page.keyboard.press("/")
    await page.getByLabel("Field", { exact: true }).fill("area")
    await page.getByLabel("Comparison").selectOption(">")
    await page.getByLabel("Value", { exact: true }).fill("99,000,000")
    await page.keyboard.press("Enter")
    await page.getByText("0 of 250").first().waitFor()
    await page.getByRole("button", { name: "Clear filters" }).click()
    await page.getByRole("row", { name: /Afghanistan/ }).waitFor()
  })

  test("arrows move in the grid, Enter opens, Escape closes, and the row is still there", async () => {
    const page = await bench.open(countries)
    const grid = page.getByRole("grid")
    await grid.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    const active = () =>
      grid.getAttribute("aria-activedescendant").then((id) => page.locator(`[id="${id}"]`).textContent())
    expect(await active()).toBe("Albania")
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Albania" }).waitFor()
    expect(await focused(page)).toBe("Albania")
    await page.keyboard.press("Escape")
    await page.waitForURL((url) => url.pathname === countries)
    await page.keyboard.press("j")
    expect(await active()).toBe("Algeria")
    await page.keyboard.press("x")
    await page.getByRole("button", { name: "Delete 1 document" }).waitFor()
    await grid.focus()
    await page.keyboard.press("Control+End")
    await until("the last page", async () => {
      await page.keyboard.press("Control+End")
      return (await active()) === "Zimbabwe"
    })
    expect(await page.locator(".datagrid *").count()).toBeLessThan(1_500)
  })

  test("an edit is collected, shown as a difference, and saved over the revision it started from", async () => {
    const page = await bench.open(countries)
    await openCountry(page, "Andorra")
    const before = rev(bench, "Andorra")?.rev ?? 0
    await page.keyboard.press("Tab")
    await tabTo(page, /^area/)
    await page.keyboard.press("Enter")
    await page.keyboard.type("80,001")
    await page.keyboard.press("Enter")
    await page.getByText("1 change").waitFor()
    expect(await page.getByText("Saves only over revision").textContent()).toBe(`Saves only over revision ${before}`)
    await page.keyboard.press("Control+s")
    await page.getByText("1 change").waitFor({ state: "detached" })
    expect(rev(bench, "Andorra")).toMatchObject({ rev: before + 1, data: { area: 80_001, name: "Andorra" } })
    expect(await page.getByRole("row", { name: /Andorra/ }).textContent()).toContain("80,001")
  })

  test("a number stays a number, a field can be added and removed, and JSON shows the same draft", async () => {
    const page = await bench.open(countries)
    await openCountry(page, "Angola")
    await page.getByRole("button", { name: "Add field" }).click()
    await page.keyboard.type("motto")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Virtus unita fortior")
    await page.keyboard.press("Enter")
    await page.locator('[data-field="landlocked"]').hover()
    await page.getByRole("button", { name: "Remove landlocked" }).click()
    await page.getByText("2 changes").waitFor()
    await page.getByRole("tab", { name: "JSON" }).click()
    expect(await page.getByLabel("Document as JSON").textContent()).toContain("Virtus unita fortior")
    await page.keyboard.press("Control+s")
    await page.getByText("2 changes").waitFor({ state: "detached" })
    const saved = rev(bench, "Angola")?.data as Record<string, unknown>
    expect(saved.motto).toBe("Virtus unita fortior")
    expect("landlocked" in saved).toBe(false)
    expect(saved.area).toBe(1_246_700)
  })

  test("somebody else's revision is never overwritten unseen: keep mine, keep theirs, or choose per field", async () => {
    const page = await bench.open(countries)
    await openCountry(page, "Austria")
    await page.locator('[data-field="population"] button.v').click()
    await page.keyboard.type("9000001")
    await page.keyboard.press("Enter")
    await page.locator('[data-field="capital"] button.v').click()
    await page.keyboard.type("Graz")
    await page.keyboard.press("Enter")
    await page.getByText("2 changes").waitFor()
    const stored = rev(bench, "Austria") as { rev: number; data: Record<string, unknown> }
    stored.data = { ...stored.data, population: 9_200_000, area: 83_879 }
    stored.rev++
    await page.keyboard.press("Control+s")
    await page.getByText(`Revision ${stored.rev} exists.`).waitFor()
    const list = page.getByRole("list", { name: "Fields that differ" })
    expect(await list.getByRole("listitem").count()).toBe(3)
    expect(await list.getByText("both changed it").count()).toBe(1)
    await list.getByRole("radiogroup", { name: "Whose population" }).getByText("Theirs").click()
    await page.getByRole("button", { name: /Save as chosen/ }).click()
    await list.waitFor({ state: "detached" })
    expect(rev(bench, "Austria")?.data).toMatchObject({ population: 9_200_000, capital: "Graz", area: 83_879 })

    await page.locator('[data-field="capital"] button.v').click()
    await page.keyboard.type("Linz")
    await page.keyboard.press("Enter")
    stored.data = { ...stored.data, capital: "Wien" }
    stored.rev++
    await page.keyboard.press("Control+s")
    await page.getByRole("button", { name: "Keep theirs" }).click()
    await page.locator('[data-field="capital"]').getByText("Wien").waitFor()
    expect(rev(bench, "Austria")?.data).toMatchObject({ capital: "Wien" })
  })

  test("unsaved changes are not lost by going elsewhere", async () => {
    const page = await bench.open(countries)
    await openCountry(page, "Bahrain")
    await page.locator('[data-field="capital"] button.v').click()
    await page.keyboard.type("Riffa")
    await page.keyboard.press("Enter")
    await page.getByRole("link", { name: "cities" }).click()
    await page.getByRole("dialog", { name: "Leave without saving?" }).waitFor()
    await page.keyboard.press("Escape")
    expect(await page.locator('[data-field="capital"]').textContent()).toContain("Riffa")
  })

  test("a document is inserted by keyboard, and opens", async () => {
    const page = await bench.open(countries)
    await page.locator(".grid-row").first().waitFor()
    await page.keyboard.press("n")
    await page.getByRole("heading", { name: "Insert" }).waitFor()
    await tabTo(page, /Documents as JSON/)
    await page.locator(".editor[data-ready]").waitFor()
    await page.keyboard.press("Control+a")
    await page.keyboard.insertText('{ "name": "Freedonia", "population": 12 ')
    await page.getByText("This is not JSON yet").waitFor()
    await page.keyboard.insertText("}")
    await page.getByText("1 document", { exact: true }).waitFor()
    await page.keyboard.press("Control+Enter")
    await page.getByRole("heading", { name: "Freedonia" }).waitFor()
    expect(rev(bench, "Freedonia")).toMatchObject({ rev: 1, data: { population: 12 } })
  })

  test("a deletion can be taken back for eight seconds, and is sent at once by leaving", async () => {
    const page = await bench.open(countries)
    await openCountry(page, "Belize")
    await page.keyboard.press("Backspace")
    await page.getByText("Deleting").waitFor()
    await page.getByRole("row", { name: /Belize/ }).waitFor({ state: "detached" })
    expect(rev(bench, "Belize")).toBeDefined()
    await page.keyboard.press("Control+z")
    await page.getByRole("row", { name: /Belize/ }).waitFor()
    expect(await page.getByText("Deleting").count()).toBe(0)

    await openCountry(page, "Belize")
    await page.keyboard.press("Backspace")
    await page.getByText("Deleting").waitFor()
    expect(rev(bench, "Belize")).toBeDefined()
    await page.keyboard.press("g")
    await page.keyboard.press("o")
    await until("the deletion", () => rev(bench, "Belize") === undefined)
  })

  test("a deletion is sent when its time is over, and when the tab is closed", async () => {
    const page = await bench.open(countries)
    await openCountry(page, "Benin")
    await page.keyboard.press("Backspace")
    const startedAtMs = Date.now()
    await until("the deletion", () => rev(bench, "Benin") === undefined, 12_000)
    expect(Date.now() - startedAtMs).toBeGreaterThan(7_000)

    await openCountry(page, "Bhutan")
    await page.keyboard.press("Backspace")
    await page.getByText("Deleting").waitFor()
    expect(rev(bench, "Bhutan")).toBeDefined()
    await page.close({ runBeforeUnload: false })
    await until("the deletion", () => rev(bench, "Bhutan") === undefined)
  })

  test("a document that changed in between is not deleted, and the console says so", async () => {
    const page = await bench.open(countries)
    await openCountry(page, "Botswana")
    await page.keyboard.press("Backspace")
    await page.getByText("Deleting").waitFor()
    const stored = rev(bench, "Botswana")
    if (stored) stored.rev++
    await page.keyboard.press("g")
    await page.keyboard.press("o")
    await page.getByText("Not deleted: Botswana").waitFor()
    expect(rev(bench, "Botswana")).toBeDefined()
  })

  test("many are deleted only after the name of the collection was typed", async () => {
    const page = await bench.open("/projects/atlas/collections/imports")
    await page.locator(".grid-row").first().waitFor()
    await page.getByRole("checkbox", { name: "Select all that are loaded" }).click()
    await page.getByRole("button", { name: "Delete 31 documents" }).click()
    const dialog = page.getByRole("dialog")
    expect(await dialog.getByRole("button", { name: "Delete 31 documents" }).isDisabled()).toBe(true)
    await dialog.getByRole("textbox").fill("imports")
    await page.keyboard.press("Enter")
    await page.getByText("No documents yet").waitFor()
    expect(bench.fake.collection("imports").documents).toHaveLength(0)
  })

  test("letters do nothing while somebody types, and can be switched off", async () => {
    const page = await bench.open(countries)
    await openCountry(page, "Barbados")
    await page.locator('[data-field="capital"] button.v').click()
    await page.keyboard.type("nxjk")
    expect(await page.getByLabel("Value of capital").inputValue()).toBe("nxjk")
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("s")
    await page.getByRole("radiogroup", { name: "Shortcuts of one letter" }).getByText("Off").click()
    await page.locator("body").press("g")
    await page.locator("body").press("c")
    await page.waitForTimeout(300)
    expect(page.url()).toContain("/settings/general")
  })
})
