import { expect, test } from "bun:test"
import { describeInBrowser, signIn, until } from "./browser.ts"
import { Refusal } from "./fake/answers.ts"

const countries = "/projects/atlas/collections/countries?sort=-population"

describeInBrowser("the session", (bench) => {
  const refreshes = () => bench.fake.requests.filter(({ path }) => path === "/v1/auth/refresh").length

  test("without one, every page leads to the sign-in and back to where it was going", async () => {
    const page = await bench.open(countries, { signedIn: false })
    await page.waitForURL(/\/sign-in\?to=/)
    await page.getByLabel("Email").fill("nobody@northwall.dev")
    await page.getByLabel("Password", { exact: true }).fill("wrong")
    await page.keyboard.press("Enter")
    await page.getByText("do not belong together").waitFor()
    await signIn(page)
    await page.waitForURL((url) => url.pathname.endsWith("/countries") && url.search.includes("-population"))
  })

  test("a program is let in by its code, after the person signed in and saw who asks", async () => {
    const page = await bench.open("/device?code=bcdf-ghjk", { signedIn: false })
    await page.waitForURL(/\/sign-in\?to=/)
    await signIn(page)
    await page.getByRole("heading", { name: "Let a program in" }).waitFor()
    expect(bench.fake.requests.some(({ path }) => path === "/v1/auth/device/decide")).toBe(false)
    await page.getByLabel("Code").fill("XXXX-XXXX")
    await page.getByRole("button", { name: "Continue" }).click()
    await page.getByText("used, expired or unknown").waitFor()
    await page.getByLabel("Code").fill("bcdf-ghjk")
    await page.keyboard.press("Enter")
    await page.getByText("ashlar/0.1.0 (linux)").waitFor()
    expect(await page.getByText("BCDF-GHJK").isVisible()).toBe(true)
    await page.getByRole("button", { name: "Let it in" }).click()
    await page.getByRole("heading", { name: "It is in" }).waitFor()
    expect(bench.fake.requests.filter(({ path }) => path === "/v1/auth/device/decide")).toHaveLength(1)
  })

  test("a link cannot send somebody to another site after signing in", async () => {
    const page = await bench.open("/sign-in?to=//example.org/", { signedIn: false })
    await signIn(page)
    await page.waitForURL(`${bench.fake.url}/projects`)
  })

  test("a reload takes it up from the cookie; no token is where a script could read it later", async () => {
    const page = await bench.open(countries)
    await page.locator(".grid-row").first().waitFor()
    await page.reload()
    await page.locator(".grid-row").first().waitFor()
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie)
    expect(kept).not.toMatch(/at-|rt-/)
  })

  test("two tabs that start together refresh one after the other, and both stay signed in", async () => {
    const page = await bench.open("/projects")
    await page.getByRole("link", { name: "atlas" }).waitFor()
    const before = refreshes()
    bench.fake.delayMs = 150
    const tabs = await Promise.all([1, 2, 3].map(() => bench.open("/projects/atlas", { beside: page })))
    for (const tab of tabs) await tab.getByText("5 of 5 laid").waitFor()
    bench.fake.delayMs = 0
    expect(refreshes() - before).toBe(3)
    const times = bench.fake.requests
      .filter(({ path }) => path === "/v1/auth/refresh")
      .slice(-3)
      .map(({ at }) => at)
    // Each waited for the answer to the one before.
    for (const [position, at] of times.entries())
      if (position > 0) expect(at - (times[position - 1] ?? 0)).toBeGreaterThanOrEqual(140)
  })

  test("signing out in one tab signs all of them out", async () => {
    const page = await bench.open("/projects")
    const other = await bench.open("/projects/atlas", { beside: page })
    await other.getByText("5 of 5 laid").waitFor()
    await page.getByRole("button", { name: /Maya Lindqvist/ }).click()
    await page.getByRole("menuitem", { name: "Sign out" }).click()
    await page.waitForURL(/sign-in/)
    await other.waitForURL(/sign-in/)
  })

  test("a block that fails fails alone, says why, and can be tried again", async () => {
    const page = await bench.open("/projects")
    bench.fake.failing.set("/v1/projects/atlas/audit", new Refusal(500, "INTERNAL", "The audit is not to be had."))
    await page.goto(`${bench.fake.url}/projects/atlas`)
    await page.getByText("The audit could not be read").waitFor()
    await page.getByText("fsync on every commit").waitFor()
    await page.getByText("import-countries, v14").waitFor()
    bench.fake.failing.clear()
    await page.getByRole("button", { name: "Try again" }).click()
    await page.getByText("deployed import-countries").waitFor()
  })

  test("a server that cannot be reached is said to be so, and the page works again when it can", async () => {
    const page = await bench.open("/projects")
    await page.route("**/v1/**", (route) => route.abort())
    await page.reload()
    await page.getByText("This page could not be shown").waitFor()
    await page.unroute("**/v1/**")
    await page.getByRole("button", { name: "Try again" }).click()
    await page.getByRole("link", { name: "atlas" }).waitFor()
  })

  test("too many attempts count the seconds down", async () => {
    const page = await bench.open("/sign-in", { signedIn: false })
    await page.route("**/v1/auth/signin", (route) =>
      route.fulfill({
        status: 429,
        headers: { "retry-after": "2", "content-type": "application/problem+json" },
        body: JSON.stringify({ code: "IDENTITY_TOO_MANY_ATTEMPTS", detail: "Too many attempts." }),
      }),
    )
    await signIn(page)
    await page.getByText(/Try again in [12] s/).waitFor()
    expect(await page.getByRole("button", { name: "Sign in", exact: true }).isDisabled()).toBe(true)
    await until(
      "the end of the wait",
      async () => !(await page.getByRole("button", { name: "Sign in", exact: true }).isDisabled()),
    )
  })
})
